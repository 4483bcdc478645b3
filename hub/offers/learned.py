"""Propensity from outcomes: a Beta distribution per proposition and segment, older outcomes counting less.

P = (s x p + A) / (s + N), where p is the catalogue's propensity, s its strength in outcomes, N the offers shown and A
those accepted, each weighed by 2^(-age / half-life) with the age in days between the event's day and today. That is
the mean of Beta(s p + A, s (1 - p) + N - A). N and A are sums of counts per day of the *event*, so the order in which
events arrive makes no difference. More accepted than shown (a channel that does not report impressions) counts as
shown, so P stays below 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.offers.catalogue import Catalogue, Proposition

EVERYBODY = ""
"""The segment of who is in none that is learned apart."""

FORGOTTEN_AFTER = 10
"""Half-lives after which an outcome, at a thousandth, is not read any more."""


@dataclass(frozen=True, slots=True)
class DayCount:
    """What happened with one proposition in one segment on one day (UTC)."""

    proposition: str
    day: date
    shown: int
    accepted: int


def segment_of(catalogue: Catalogue, segments: Sequence[str]) -> str:
    """The first of the catalogue's learned segments that the customer is in, else EVERYBODY."""
    return next((one for one in catalogue.learning.segments if one in segments), EVERYBODY)


def posterior(proposition: Proposition, counts: Sequence[DayCount], catalogue: Catalogue, today: date) -> float:
    """P of one proposition by its own `counts`; days after `today` count as today."""
    learning = catalogue.learning
    shown = accepted = 0.0
    for count in sorted(counts, key=lambda one: one.day):
        weight = 2.0 ** (-max(0, (today - count.day).days) / learning.half_life_days)
        shown += weight * max(count.shown, count.accepted)
        accepted += weight * count.accepted
    return (learning.strength * proposition.propensity + accepted) / (learning.strength + shown)


async def learned_propensities(
    connection: AsyncConnection, catalogue: Catalogue, segment: str, today: date
) -> Mapping[str, float]:
    """P per proposition that has outcomes in the segment; nothing while learning is off."""
    if not catalogue.learning.enabled:
        return {}
    rows = await connection.execute(
        text(
            """SELECT proposition, day, shown, accepted FROM propensity_count
               WHERE segment = :segment AND day > CAST(:today AS date) - CAST(:days AS int)"""
        ),
        {"segment": segment, "today": today, "days": int(FORGOTTEN_AFTER * catalogue.learning.half_life_days) + 1},
    )
    counts: dict[str, list[DayCount]] = {}
    for row in rows:
        counts.setdefault(row.proposition, []).append(DayCount(row.proposition, row.day, row.shown, row.accepted))
    return {
        name: posterior(catalogue.propositions[name], of_one, catalogue, today)
        for name, of_one in counts.items()
        if name in catalogue.propositions
    }
