"""The port: one connected system, opened."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel

from hub.errors import Invalid
from hub.ports.capabilities import Capabilities
from hub.ports.limits import CallLimits, RateLimit
from hub.ports.pages import CheckResult, PullPage, SweepPage
from hub.ports.webhooks import Webhooks
from hub.ports.writing import WriteCommand, WriteOutcome
from hub.records.identity import Entity, ExternalId, SystemName
from hub.records.source import JsonObject, SourceObject

Options = TypeVar("Options", bound=BaseModel)


class SystemPort(ABC):
    """A connection to one package; safe to use from several tasks of the event loop that opened it.

    Every method raises `Transient` when the package cannot be reached or asks for patience, `Unauthorised` when it
    refuses the login, `Rejected` when it refuses the call. A method whose capability is not declared raises Invalid.
    """

    name: SystemName
    capabilities: Mapping[Entity, Capabilities]

    @abstractmethod
    async def check(self) -> Sequence[CheckResult]:
        """Connection, login and permissions, each tried for real; raises nothing."""

    @abstractmethod
    async def now(self) -> datetime:
        """The source's clock, aware, UTC; never later than the clock that stamps its records."""

    @abstractmethod
    async def aclose(self) -> None:
        """Give connections and sessions back; may be called twice."""

    async def begin_run(self, entity: Entity, cursor: JsonObject | None, overlap: timedelta) -> JsonObject:
        """The cursor a new run starts from: `cursor` (None: from the beginning) rewound by `overlap` of source time.

        A run that was interrupted does not call this again: it continues from the last committed page's cursor.
        A source that hands complete sets over (files) gives one set a call, the oldest first, and raises
        NothingWaiting when none is there; more may wait behind it, so one run calls this again until it is raised.
        A set that cannot be trusted (checksum, row count) is put aside and raises Rejected: the next call goes on.
        """
        raise self._cannot("pull", entity)

    async def pull(self, entity: Entity, cursor: JsonObject, limit: int) -> PullPage:
        """The page behind `cursor`; the same cursor may be asked again and then gives at least the same records."""
        raise self._cannot("pull", entity)

    async def finished(self, entity: Entity, cursor: JsonObject) -> None:  # noqa: B027  most have nothing to do
        """Called after the last page is committed: a file is archived, a subscription acknowledged. May be repeated."""

    async def sweep(self, entity: Entity, after: str | None, limit: int) -> SweepPage:
        """Ids that exist now, with fingerprints, from behind `after` (None: the first)."""
        raise self._cannot("sweep", entity)

    async def read(self, entity: Entity, ids: Sequence[ExternalId]) -> Sequence[SourceObject]:
        """One object per id, in the order asked; `body` None where it is gone; `as_of` is the instant of the read."""
        raise self._cannot("read", entity)

    async def write(self, commands: Sequence[WriteCommand]) -> Sequence[WriteOutcome]:
        """One outcome per command, in order. Raises Transient only when no command can have had an effect."""
        raise self._cannot("write", commands[0].entity)

    async def find_by_key(self, entity: Entity, key: str) -> SourceObject | None:
        """The object that a CREATE with this idempotency key made, None if it never did."""
        raise self._cannot("find_by_key", entity)

    def rate_limit(self) -> RateLimit | None:
        """What the package said of its own limit since the last time this was asked, None if nothing.

        Asked after every call. A refusal that names a time needs no word here: raise Transient with `retry_after_s`.
        """
        return None

    def _cannot(self, what: str, entity: Entity) -> Invalid:
        return Invalid(f"system {self.name} does not {what} {entity.value}: it declares no such capability")


@dataclass(frozen=True)
class Adapter(Generic[Options]):
    """What an adapter package exports as ADAPTER under the entry-point group `contacthub.adapters`.

    `options` validates the system's `options:` in hub.yaml. `open` makes a port that connects on first use, on the
    event loop it is called from, and keeps to the limits given. `mappings` is a folder with one `<entity>.yaml` per
    entity that maps the package's words to canonical records and that hub.yaml may override; None where every
    installation differs. `webhooks` makes what verifies and reads the package's calls, without a connection; it gives
    None where the options hold no secret to verify them with.
    """

    name: str
    options: type[Options]
    open: Callable[[SystemName, Options, CallLimits], SystemPort]
    mappings: Path | None = None
    webhooks: Callable[[SystemName, Options], Webhooks | None] | None = None
