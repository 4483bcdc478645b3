"""Who is in contact, from what he says of himself: weighed as records are, where no identifier names one customer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.likeness.bands import Bands, MatchBand
from hub.customers.likeness.look_up import look_up
from hub.errors import Invalid
from hub.matching.keys import keys_of
from hub.matching.normalise import Notation, normalise
from hub.matching.person import Written
from hub.matching.score import FieldScore

DETAIL_MAX: Final = 200
CALLERS_MAX: Final = 10


@dataclass(frozen=True, slots=True)
class LikelyCaller:
    """A customer who might be the caller, by the record that speaks most for it."""

    customer: UUID
    probability: float
    band: MatchBand
    fields: tuple[FieldScore, ...]


def checked_details(details: Written) -> Written:
    """Invalid for a detail that is too long."""
    for field, value in details._asdict().items():
        if len(value) > DETAIL_MAX:
            raise Invalid(f"a {field} has at most {DETAIL_MAX} characters", ("known", "person"))
    return details


async def likely_callers(
    connection: AsyncConnection, details: Written, bands: Bands, among: Collection[UUID] = ()
) -> list[LikelyCaller]:
    """The likeliest first, `among` these customers where any are given; empty before weights decide."""
    person = normalise(details, Notation())
    best: dict[UUID, LikelyCaller] = {}
    for found in await look_up(connection, person, keys_of(person), bands):
        if not among or found.customer in among:
            caller = LikelyCaller(found.customer, found.score.probability, found.band, found.score.fields)
            best.setdefault(found.customer, caller)
    return list(best.values())[:CALLERS_MAX]


def only_match(callers: Sequence[LikelyCaller]) -> UUID | None:
    """The one in the match band, None where there are several or none."""
    matches = [caller.customer for caller in callers if caller.band is MatchBand.MATCH]
    return matches[0] if len(matches) == 1 else None
