"""What news of customers changes at once: their segments, and the lists that stand before them.

News are contact events, and that customers were joined or have parted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.offers.advice import Advice
from hub.offers.arbitrate import Candidate
from hub.offers.catalogue import Catalogue
from hub.offers.considered import Consider
from hub.offers.question import Question
from hub.offers.record_decision import Verdict, record_decision
from hub.offers.record_events import RecordedEvent
from hub.offers.segments import update_segments
from hub.records.offers import DecisionCause, DecisionSource
from hub.store.straight import run

LISTS_AT_ONCE: Final = 50
"""Lists that one batch ranks anew; the others are as of now whenever a channel next asks."""

STANDS_FOR: Final = timedelta(hours=24)
"""A list that was made before is no longer before anybody's eyes."""

_STANDING: Final = """
SELECT d.id, d.channel, d.session_id, d.reason, d.language, d.asked_for, d.source,
  ARRAY(SELECT n.proposition FROM next_best_action n WHERE n.decision_id = d.id ORDER BY n.rank) AS propositions,
  ARRAY(SELECT n.propensity FROM next_best_action n WHERE n.decision_id = d.id ORDER BY n.rank) AS propensities,
  ARRAY(SELECT n.proposition || '/' || n.treatment FROM next_best_action n
        WHERE n.decision_id = d.id ORDER BY n.rank) AS offered
FROM decision d
WHERE d.customer_id = $1 AND d.channel = $2 AND d.session_id IS NOT DISTINCT FROM CAST($3 AS uuid) AND d.decided_at > $4
ORDER BY d.decided_at DESC, d.number DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """The latest decision of a list, the question that it answered, and the advice it rests on if the CM gave any."""

    decision: UUID
    question: Question
    offered: tuple[str, ...]
    advice: Advice | None


async def react(
    connection: AsyncConnection,
    catalogue: Catalogue,
    events: Sequence[RecordedEvent],
    consider: Consider,
    principal: str,
    now: datetime,
) -> Sequence[UUID]:
    """The decisions that now stand for the events' lists; a list that stays as it is keeps the one it has."""
    for customer in dict.fromkeys(event.customer for event in events) if catalogue.segments else ():
        found = await consider(connection, catalogue, customer, Question(events[0].channel, 1), now)
        await update_segments(connection, catalogue, customer, found.known.view, now)
    lists = dict.fromkeys((event.customer, event.channel, event.session) for event in events)
    news = _News(catalogue, consider, DecisionCause.EVENTS, principal, now)
    return await _rank_anew(connection, list(lists), news)


STEWARD: Final = "steward"
"""The channel of what is done in none."""

_LISTS: Final = """
SELECT DISTINCT channel, session_id FROM decision WHERE customer_id = $1 AND decided_at > $2 ORDER BY 1, 2 LIMIT 50
"""


async def rank_again(
    connection: AsyncConnection,
    catalogue: Catalogue,
    customers: Sequence[UUID],
    consider: Consider,
    principal: str,
    now: datetime,
) -> None:
    """Segments and standing lists of customers who were joined or have parted, as of whom they are now."""
    lists: list[_List] = []
    for customer in customers:
        for channel, session in await run(connection, _LISTS, customer, now - STANDS_FOR):
            lists.append((customer, channel, session))
        if catalogue.segments:
            found = await consider(connection, catalogue, customer, Question(STEWARD, 1), now)
            await update_segments(connection, catalogue, customer, found.known.view, now)
    await _rank_anew(connection, lists, _News(catalogue, consider, DecisionCause.CUSTOMER, principal, now))


_List: TypeAlias = tuple[UUID, str, UUID | None]
"""Whose it is, the channel, and the session it belongs to if any."""


@dataclass(frozen=True, slots=True)
class _News:
    """By what lists are ranked anew, and why."""

    catalogue: Catalogue
    consider: Consider
    cause: DecisionCause
    principal: str
    now: datetime


async def _rank_anew(connection: AsyncConnection, lists: Sequence[_List], news: _News) -> list[UUID]:
    decisions = []
    for customer, channel, session in lists[:LISTS_AT_ONCE]:
        standing = await _standing(connection, customer, channel, session, news.now)
        if standing is not None:
            decisions.append(await _ranked_anew(connection, customer, standing, news))
    return decisions


async def _ranked_anew(connection: AsyncConnection, customer: UUID, standing: Standing, news: _News) -> UUID:
    catalogue, consider, now = news.catalogue, news.consider, news.now
    found = (await consider(connection, catalogue, customer, standing.question, now)).advised(standing.advice)
    candidates = found.candidates(catalogue)
    if _offered(candidates) == standing.offered:
        return standing.decision
    source = DecisionSource.HUB if standing.advice is None else standing.advice.source
    verdict = Verdict(customer, found.segment, found.language, candidates, source, news.cause)
    return await record_decision(connection, verdict, standing.question, catalogue.version, news.principal, now)


def _offered(candidates: Sequence[Candidate]) -> tuple[str, ...]:
    return tuple(f"{one.proposition.name}/{one.treatment}" for one in candidates if one.rank is not None)


async def _standing(
    connection: AsyncConnection, customer: UUID, channel: str, session: UUID | None, now: datetime
) -> Standing | None:
    rows = await run(connection, _STANDING, customer, channel, session, now - STANDS_FOR)
    if not rows:
        return None
    decision, there, held, reason, language, asked_for, source, propositions, propensities, offered = rows[0]
    question = Question(there, asked_for, held, reason, language)
    advice = None
    if source != DecisionSource.HUB:
        advice = Advice(dict(zip(propositions, propensities, strict=True)), DecisionSource.LAST_DECISION)
    return Standing(decision, question, tuple(offered), advice)
