"""What the law wants kept of a person who is erased, and how long the hub keeps anything about anybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, TypeAlias

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from hub.records.identity import Entity
from hub.settings.written import Written
from hub.yaml.nearest import choices

_BELONGINGS: Final = tuple(entity.value for entity in Entity if entity is not Entity.CUSTOMER)

DAYS_MAX: Final = 36_500

ForGood: TypeAlias = Annotated[int, Field(ge=1, le=DAYS_MAX)] | None
"""Days, or None: nothing of it is ever removed by time alone."""


def _belonging(name: object) -> object:
    if name not in _BELONGINGS:
        hint = {"name": str(name), "allowed": choices(str(name), _BELONGINGS)}
        raise PydanticCustomError("retention", "{name} is nothing that can be retained", hint)
    return name


class KeepDays(Written):
    """Days after which a chore removes what it is no longer needed for; none of it waits for an erasure.

    Lower bounds are what correctness asks: a sender repeats an event for days, a shadow window or a list of what is to
    be undone is compared for weeks,
    and contact events count in policy, learning and steering for 732 days.
    """

    pushed_events: int = Field(
        14, ge=7, le=DAYS_MAX, description="Pushed events from their arrival, once taken in: repeats are known by them."
    )
    commands: int = Field(
        92, ge=31, le=DAYS_MAX, description="What sent commands changed, and what shadow lanes would have sent."
    )
    quarantine: int = Field(92, ge=1, le=DAYS_MAX, description="Objects of the quarantine since they were closed.")
    decisions: int = Field(366, ge=1, le=DAYS_MAX, description="Lists of next best actions since they were made.")
    contact_events: int = Field(
        732, ge=732, le=DAYS_MAX, description="What became of offers; the contact policy and learning look back so far."
    )
    versions: ForGood = Field(
        2_557,
        description="Versions of a record since another one took their place, corrections that were settled and "
        "conflicts that closed; null: for good.",
    )
    originals: ForGood = Field(
        None, description="What such versions were mapped from, likewise; null: as long as they are there themselves."
    )
    customer_history: ForGood = Field(
        2_557, description="Digests of a golden record's versions, but the first and the last; null: for good."
    )
    sessions: ForGood = Field(
        1_096,
        description="Closed sessions with their legs, dialogs and settled promises, and what was found out about "
        "addresses that their customer has no more; null: for good.",
    )
    timeline: ForGood = Field(1_096, description="Entries of the timeline since they happened; null: for good.")
    cookies: ForGood = Field(396, description="Cookies since whose they are was learnt; null: for good.")
    consents: ForGood = Field(
        2_557,
        description="Statements of consent since a later one replaced them, or since one that was recorded here ended; "
        "null: for good.",
    )
    requests: ForGood = Field(
        1_096,
        description="Closed requests with their answers and steps; of a package's own only these. Null: for good.",
    )
    leads: ForGood = Field(
        1_096, description="Closed leads of the hub's own with deliveries and answers; null: for good."
    )
    deleted_records: Annotated[int, Field(ge=31, le=DAYS_MAX)] | None = Field(
        2_557, description="What objects said that their system deleted, but customers themselves; null: for good."
    )
    audit: ForGood = Field(
        2_557, description="Events of the audit trail since they were sealed; their seals stay. Null: for good."
    )


class PrivacyRules(Written):
    """Legal retention of belongings, and how long everything else is kept; a customer himself is never retained."""

    retention_days: Mapping[Annotated[str, BeforeValidator(_belonging)], Annotated[int, Field(ge=1, le=DAYS_MAX)]] = (
        Field({}, description="By entity: days since its last statement during which it survives an erasure, nameless.")
    )
    keep_days: KeepDays = Field(KeepDays(), description="By kind of data: days after which it is removed.")


DEFAULT_PRIVACY: Final = PrivacyRules()
