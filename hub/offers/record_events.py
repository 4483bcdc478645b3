"""Record contact events: once each, at their own time, with the outcome of what they answer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import Conflict, Invalid, NotFound, OtherCustomer
from hub.offers.catalogue import Catalogue
from hub.offers.reported import ReportedEvent
from hub.store.sets import run_set
from hub.store.straight import run

_INSERT: Final = """
INSERT INTO contact_event (event_id, customer_id, session_id, next_best_action_id, channel, kind, proposition, issue,
  group_name, treatment, subject, segment, occurred_at, recorded_at, principal, digest)
SELECT r.event_id, r.customer_id, r.session_id, r.action, r.channel, r.kind, r.proposition, r.issue, r.group_name,
  r.treatment, r.subject, r.segment, r.occurred_at, $2, $3, decode(r.digest, 'hex')
FROM json_to_recordset(CAST($1 AS json)) AS r(place int, event_id text, customer_id uuid, session_id uuid,
  action uuid, channel text, kind text, proposition text, issue text, group_name text, treatment text, subject text,
  segment text, occurred_at timestamptz, digest text)
ORDER BY r.place
ON CONFLICT (event_id) DO NOTHING RETURNING event_id
"""

_KNOWN: Final = """
SELECT e.event_id, e.digest FROM json_array_elements_text(CAST(:rows AS json)) AS r(event_id)
CROSS JOIN LATERAL (SELECT event_id, digest FROM contact_event WHERE event_id = r.event_id LIMIT 1) e
"""

# The answer counts more than the click, the click more than the view, and of equals the latest by its own time: so the
# outcome is the same in whatever order the events arrive.
_OUTCOMES: Final = """
UPDATE next_best_action n SET outcome = e.outcome, outcome_at = e.occurred_at
FROM json_array_elements_text(CAST(:rows AS json)) AS r(action)
CROSS JOIN LATERAL (
  SELECT CASE kind WHEN 'SHOWN' THEN 'IMPRESSION' WHEN 'BANNER' THEN 'CLICKED' WHEN 'INTEREST' THEN 'CLICKED'
           ELSE kind END AS outcome, occurred_at
  FROM contact_event WHERE next_best_action_id = CAST(r.action AS uuid)
  ORDER BY CASE WHEN kind IN ('ACCEPTED', 'REJECTED', 'LATER', 'DISMISSED') THEN 2 WHEN kind = 'SHOWN' THEN 0 ELSE 1 END
    DESC, occurred_at DESC, event_id DESC LIMIT 1) e
WHERE n.id = CAST(r.action AS uuid)
"""


@dataclass(frozen=True, slots=True)
class Answered:
    """The entry of a decision that an event refers to."""

    customer: UUID
    channel: str
    session: UUID | None
    proposition: str
    treatment: str
    segment: str


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """A new event with all that the decision and the catalogue say of it."""

    reported: ReportedEvent
    customer: UUID
    channel: str
    session: UUID | None
    proposition: str | None
    treatment: str | None
    segment: str


async def record_events(
    connection: AsyncConnection,
    catalogue: Catalogue,
    events: Sequence[ReportedEvent],
    current: Mapping[UUID, UUID],
    principal: str,
    now: datetime,
) -> Sequence[RecordedEvent]:
    """Those of the checked `events` that are new. `current` maps each customer named to the one he is now.

    Raises NotFound for an action that is none, OtherCustomer for one of somebody else's, Invalid for a proposition that
    the catalogue does not have, Conflict for an id that stands for another event; the caller's transaction then ends.
    """
    answered = await _answered(connection, {event.action for event in events if event.action is not None})
    told = [_told(catalogue, event, current[event.customer], answered) for event in events]
    rows = [_row(catalogue, place, one, now) for place, one in enumerate(told)]
    recorded = await run(connection, _INSERT, orjson.dumps(rows, default=str).decode(), now, principal)
    inserted = {event_id for (event_id,) in recorded}
    await _refuse_reused(connection, [event for event in events if event.event_id not in inserted])
    new = [one for one in told if one.reported.event_id in inserted]
    actions = sorted({str(one.reported.action) for one in new if one.reported.action is not None})
    if actions:
        await run_set(connection, _OUTCOMES, actions)
    return new


async def _answered(connection: AsyncConnection, actions: Collection[UUID]) -> Mapping[UUID, Answered]:
    if not actions:
        return {}
    rows = await connection.execute(
        text(
            """SELECT n.id, d.customer_id, d.channel, d.session_id, n.proposition, n.treatment, d.segment
               FROM next_best_action n JOIN decision d ON d.id = n.decision_id WHERE n.id = ANY(:actions)"""
        ),
        {"actions": list(actions)},
    )
    found = {
        row.id: Answered(
            row.customer_id, row.channel, row.session_id, row.proposition, row.treatment, row.segment or ""
        )
        for row in rows
    }
    if len(found) < len(actions):
        raise NotFound("there is no such next best action")
    return found


def _told(
    catalogue: Catalogue, event: ReportedEvent, customer: UUID, answered: Mapping[UUID, Answered]
) -> RecordedEvent:
    if event.action is None:
        if event.proposition is not None and event.proposition not in catalogue.propositions:
            raise Invalid(f"the catalogue has no proposition {event.proposition!r:.80}", ("events", "proposition"))
        channel = event.channel or ""
        return RecordedEvent(event, customer, channel, event.session, event.proposition, None, "")
    offer = answered[event.action]
    if offer.customer != customer:
        raise OtherCustomer("the next best action was another customer's", ("events", "nextBestActionId"))
    session = event.session or offer.session
    channel = event.channel or offer.channel
    return RecordedEvent(event, customer, channel, session, offer.proposition, offer.treatment, offer.segment)


def _row(catalogue: Catalogue, place: int, one: RecordedEvent, now: datetime) -> dict[str, object]:
    about = None if one.proposition is None else catalogue.propositions.get(one.proposition)
    return {
        "place": place,
        "event_id": one.reported.event_id,
        "customer_id": one.customer,
        "session_id": one.session,
        "action": one.reported.action,
        "channel": one.channel,
        "kind": one.reported.kind.value,
        "proposition": one.proposition,
        "issue": None if about is None else about.issue,
        "group_name": None if about is None else about.group,
        "treatment": one.treatment,
        "subject": one.reported.subject,
        "segment": one.segment,
        # A channel's clock that runs a little ahead must not hide the event from the decision that follows it.
        "occurred_at": min(one.reported.occurred_at, now),
        "digest": one.reported.digest.hex(),
    }


async def _refuse_reused(connection: AsyncConnection, repeated: Sequence[ReportedEvent]) -> None:
    """A repeat is the same event; the same id for something else is a mistake of the channel."""
    if not repeated:
        return
    rows = await run_set(connection, _KNOWN, [event.event_id for event in repeated])
    known = {row.event_id: bytes(row.digest) for row in rows}
    if any(known.get(event.event_id) != event.digest for event in repeated):
        raise Conflict("an event id of this batch was used for another event before")
