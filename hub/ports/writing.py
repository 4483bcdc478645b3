"""Commands to a system and what became of each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from hub.records.identity import Entity, ExternalId
from hub.records.source import JsonValue, SourceObject


class Operation(StrEnum):
    """What a command does at the target."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value to change, three-way: `old` is what the hub last saw there, None where nothing stood.

    `path` walks the canonical record: ("status",), or ("contact_media", CHILD_EXTERNAL_ID, "value").
    """

    path: tuple[str, ...]
    old: JsonValue
    new: JsonValue


@dataclass(frozen=True, slots=True)
class WriteCommand:
    """One effect at the target; `key` is the idempotency key, equal for every attempt at the same effect.

    A CREATE has no external id yet and carries the whole canonical record in `changes` with `old` None.
    """

    key: str
    entity: Entity
    operation: Operation
    external_id: ExternalId | None
    changes: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """The effect stands; `after` is the object read back, where the system gives it."""

    external_id: ExternalId
    after: SourceObject | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The target said no for good; `conflict` when it holds another value than `old`, with what it holds in `now`."""

    code: str
    message: str
    conflict: bool = False
    now: SourceObject | None = None


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The command left but its answer never came: it may or may not have happened."""

    message: str


WriteOutcome: TypeAlias = Written | Refused | Unanswered
