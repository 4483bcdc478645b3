"""Keys are read strictly, and follow an identity provider that changes them without being driven by attackers."""

from __future__ import annotations

import asyncio
import json
import warnings
from datetime import datetime, timedelta

import pytest
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OctKey, RSAKey

from hub.access.keys import read_keys
from hub.access.remote_keys import RemoteKeys
from hub.access.tokens import ALGORITHMS, Trust
from hub.errors import Invalid, Transient, Unauthorised
from tests.access.issuing import EC, ISSUER, NOON, RSA, key_set, token, verifier

SECOND = RSAKey.generate_key(2048, {"kid": "rsa-2"})


@pytest.mark.parametrize(("key", "algorithm"), [(RSA, "RS256"), (EC, "ES256")])
async def test_pem_file_serves_any_key_id_of_its_algorithm(key: RSAKey | ECKey, algorithm: str) -> None:
    trust = Trust(ISSUER, ALGORITHMS, read_keys(b"\n" + key.as_pem(private=False)))
    assert (await verifier(trust).verify(token(key=key, algorithm=algorithm))).subject == "agent-7"


async def test_token_without_a_key_id_uses_the_only_key_there_is() -> None:
    assert await read_keys(key_set(RSA, EC)).find(None, "RS256") is not None
    assert await read_keys(key_set(RSA, SECOND)).find(None, "RS256") is None


def _weak() -> RSAKey:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        return RSAKey.generate_key(1024, {"kid": "weak"})


UNUSABLE = [
    b"",
    b"{}",
    b'{"keys": []}',
    b'{"keys": [{"kty": "RSA", "n": "!", "e": "AQAB"}]}',
    b"[" * 10_000,
    b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
    RSA.as_pem(private=True),
    key_set(OctKey.generate_key(256)),
    key_set(ECKey.generate_key("P-384")),
    key_set(RSAKey.generate_key(2048, {"use": "enc"})),
    key_set(RSAKey.generate_key(2048, {"alg": "RS512"})),
]


@pytest.mark.parametrize("text", UNUSABLE, ids=range(len(UNUSABLE)))
def test_file_without_a_usable_key_is_invalid(text: bytes) -> None:
    with pytest.raises(Invalid):
        read_keys(text)


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_short_rsa_key_is_invalid() -> None:
    with pytest.raises(Invalid, match="2048 bits"):
        read_keys(key_set(_weak()))


async def test_broken_key_beside_a_good_one_is_skipped() -> None:
    keys = json.loads(key_set(RSA))["keys"]
    mixed = json.dumps({"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}, {"kty": "new"}, *keys]})
    assert await read_keys(mixed.encode()).find("rsa-1", "RS256") is not None


class _Provider:
    """An identity provider that publishes `keys`, or is down while that is None; counts how often it is asked."""

    def __init__(self, *keys: RSAKey, within_s: float = 10, patience_s: float = 10) -> None:
        self.keys: tuple[RSAKey, ...] | None = keys
        self.now: datetime = NOON
        self.asked = 0
        self.answers = asyncio.Event()
        self.answers.set()
        within, patience = timedelta(seconds=within_s), timedelta(seconds=patience_s)
        self.remote = RemoteKeys(self.fetch, lambda: self.now, within=within, patience=patience)

    async def fetch(self) -> bytes:
        self.asked += 1
        await asyncio.sleep(0)
        await self.answers.wait()
        if self.keys is None:
            raise Transient("down")
        return key_set(*self.keys)

    async def knows(self, kid: str) -> bool:
        return await self.remote.find(kid, "RS256") is not None


async def test_key_set_is_asked_for_once_for_many_callers_at_once() -> None:
    provider = _Provider(RSA)
    assert await asyncio.gather(*(provider.knows("rsa-1") for _ in range(20))) == [True] * 20
    assert provider.asked == 1


async def test_nobody_with_a_known_key_waits_while_the_provider_hangs() -> None:
    provider = _Provider(RSA, patience_s=0)
    assert await provider.knows("rsa-1")
    provider.now += timedelta(minutes=10)
    provider.answers.clear()
    stranger = asyncio.create_task(provider.knows("rsa-2"))
    async with asyncio.timeout(5):
        assert [await provider.knows("rsa-1") for _ in range(3)] == [True] * 3
    assert not stranger.done()
    provider.keys = (SECOND,)
    provider.answers.set()
    assert await stranger
    assert not await provider.knows("rsa-1")
    assert provider.asked == 2


async def test_a_provider_that_never_answers_is_given_up() -> None:
    provider = _Provider(RSA, within_s=0)
    provider.answers.clear()
    with pytest.raises(Transient):
        await provider.knows("rsa-1")
    assert provider.asked == 1


async def test_new_key_is_found_at_its_first_token() -> None:
    provider = _Provider(RSA)
    assert await provider.knows("rsa-1")
    provider.keys = (SECOND,)
    provider.now += timedelta(seconds=30)
    assert await provider.knows("rsa-2")
    assert not await provider.knows("rsa-1")
    assert provider.asked == 2


async def test_made_up_key_ids_do_not_drive_requests() -> None:
    provider = _Provider(RSA)
    for number in range(100):
        assert not await provider.knows(f"made-up-{number}")
        provider.now += timedelta(seconds=1)
    assert provider.asked == 4


async def test_withdrawn_key_stops_working_when_the_set_is_no_longer_fresh() -> None:
    provider = _Provider(RSA)
    assert await provider.knows("rsa-1")
    provider.keys = (SECOND,)
    provider.now += timedelta(minutes=10)
    assert not await provider.knows("rsa-1")


async def test_provider_that_is_down_does_not_lock_callers_out_for_a_day() -> None:
    provider = _Provider(RSA)
    assert await provider.knows("rsa-1")
    provider.keys = None
    provider.now += timedelta(hours=23)
    assert await provider.knows("rsa-1")
    provider.now += timedelta(hours=1)
    with pytest.raises(Transient):
        await provider.knows("rsa-1")


async def test_first_read_that_fails_is_transient_and_told_so_without_asking_again_at_once() -> None:
    provider = _Provider(RSA)
    provider.keys = None
    for _ in range(3):
        with pytest.raises(Transient) as failed:
            await provider.knows("rsa-1")
        assert failed.value.retry_after_s == 30
    assert provider.asked == 1


async def test_answer_that_is_no_key_set_keeps_the_last_one() -> None:
    provider = _Provider(RSA)
    assert await provider.knows("rsa-1")
    provider.keys = ()
    provider.now += timedelta(minutes=10)
    assert await provider.knows("rsa-1")
    assert provider.asked == 2


async def test_token_under_a_key_that_is_gone_is_refused() -> None:
    provider = _Provider(SECOND)
    with pytest.raises(Unauthorised, match="no longer lists"):
        await verifier(Trust(ISSUER, ALGORITHMS, provider.remote)).verify(token())
