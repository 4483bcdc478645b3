"""Capabilities: what a system declares it can do per entity, which steers runs, preflight and the contract suite."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PullKind(StrEnum):
    """INCREMENTAL: changed records from a cursor. FULL: whole sets handed over, of which a run takes in all that wait.

    SNAPSHOT: the whole set as it stands, read anew by every run, from an API that cannot tell what changed.
    """

    INCREMENTAL = "INCREMENTAL"
    FULL = "FULL"
    SNAPSHOT = "SNAPSHOT"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What one system can do with one entity.

    `versions`: records carry the source's change stamp. `hub_key`: the hub's idempotency key is stored in the
    created object and can be searched, so that a create whose answer was lost can be found again. `once_per_key`: a
    command under a key that was carried out before has no second effect, also while the first is still under way.
    `batch_size`: most commands in one `write` call. `push`: the package calls the hub's `/webhooks/{system}` when an
    object of this entity is made, changed or deleted; `push_in_full`: its events tell the object in full and with the
    source's stamp, so that only one in doubt is read at the source.
    """

    pull: PullKind | None = None
    sweep: bool = False
    read: bool = False
    create: bool = False
    update: bool = False
    delete: bool = False
    push: bool = False
    push_in_full: bool = False
    versions: bool = False
    hub_key: bool = False
    once_per_key: bool = False
    batch_size: int = 1
