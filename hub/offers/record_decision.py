"""Keep a decision: what was put before a customer, and why, so that his answer can be tied to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.live.changes import Change
from hub.live.publish import publish
from hub.offers.arbitrate import Candidate
from hub.offers.question import Question
from hub.offers.tables import Decision
from hub.records.offers import DecisionCause, DecisionSource
from hub.store.sets import run_set

TOPIC: Final = "NextBestActions"
"""Topic of the change feed; the object is the customer."""

_ENTRIES: Final = """
INSERT INTO next_best_action (id, decision_id, rank, proposition, treatment, propensity, context, value, levers)
SELECT r.id, :decision, r.rank, r.proposition, r.treatment, r.propensity, r.context, r.value, r.levers
FROM json_to_recordset(CAST(:rows AS json)) AS r(id uuid, rank int, proposition text, treatment text,
  propensity float, context float, value float, levers float)
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came out, for whom, and who ranked it."""

    customer: UUID
    segment: str
    language: str | None
    candidates: Sequence[Candidate]
    source: DecisionSource = DecisionSource.HUB
    cause: DecisionCause = DecisionCause.REQUEST


async def record_decision(
    connection: AsyncConnection, verdict: Verdict, question: Question, catalogue: str, principal: str, now: datetime
) -> UUID:
    """The decision's id; its entries are the ranked candidates. An empty list is a decision too."""
    decision = uuid4()
    await connection.execute(
        insert(Decision).values(
            id=decision,
            customer_id=verdict.customer,
            channel=question.channel,
            session_id=question.session,
            reason=question.reason,
            language=verdict.language,
            source=verdict.source.value,
            cause=verdict.cause.value,
            catalogue=catalogue,
            segment=verdict.segment,
            asked_for=question.limit,
            principal=principal,
            decided_at=now,
        )
    )
    rows = [_row(one) for one in verdict.candidates if one.rank is not None]
    if rows:
        await run_set(connection, _ENTRIES, rows, decision=decision)
    await publish(connection, [Change(TOPIC, str(verdict.customer), "DecisionCreateEvent")], now)
    return decision


def _row(candidate: Candidate) -> dict[str, object]:
    return {
        "id": uuid4(),
        "rank": candidate.rank,
        "proposition": candidate.proposition.name,
        "treatment": candidate.treatment,
        "propensity": candidate.propensity,
        "context": candidate.context,
        "value": candidate.value,
        "levers": candidate.levers,
    }
