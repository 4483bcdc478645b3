"""What callers ask of all web processes together, counted in Redis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from hub.errors import Invalid, Transient

if TYPE_CHECKING:
    from redis.asyncio import Redis

FORGOTTEN_AFTER_S: Final = 3_600


class UsageInRedis:
    """See `hub.access.shared_usage.SharedUsage`. `prefix` keeps installations that share a Redis apart."""

    def __init__(self, redis: Redis, prefix: str) -> None:
        self._redis = redis
        self._prefix = prefix

    async def add(self, used: Mapping[str, int]) -> Mapping[str, int]:
        """One round trip for all of them."""
        from redis.exceptions import RedisError  # an extra: only where it is asked for

        try:
            async with self._redis.pipeline(transaction=False) as pipeline:
                for subject, count in used.items():
                    key = f"{self._prefix}:usage:{subject}"
                    pipeline.incrby(key, count)
                    pipeline.expire(key, FORGOTTEN_AFTER_S)
                answers = await pipeline.execute()
        except (RedisError, OSError) as error:
            raise Transient("usage could not be counted") from error
        return dict(zip(used, answers[::2], strict=True))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._redis.aclose()


def usage_in_redis(url: str, prefix: str) -> UsageInRedis:
    """On the running loop; Invalid where the extra `redis` is not installed."""
    try:
        from redis.asyncio import Redis
    except ImportError as error:
        raise Invalid("HUB_USAGE_URL names Redis: install contacthub[redis]") from error
    return UsageInRedis(Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2), prefix)
