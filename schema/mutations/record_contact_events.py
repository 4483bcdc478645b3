"""Report what happened with offers and interests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from hub.contacts.telling import Entry, tell
from hub.errors import NotFound
from hub.leads.open_interest import open_interest
from hub.offers.react import react
from hub.offers.record_events import RecordedEvent, record_events
from hub.offers.reported import ReportedEvent, checked, within_bounds
from hub.offers.tell_campaigns import tell_campaigns
from hub.outbound.stop import stop_for_leads
from hub.reads.consider import consider_anybody
from hub.reads.customers import customers_by_id
from hub.records.contact import TimelineKind
from schema.authorise import Requires, Scope
from schema.context import Context, Info
from schema.fields import resolved
from schema.ids import uuid_of
from schema.mutations.outcome import KEY, Problem, carry_out, under_key
from schema.types.enums import ContactEventKind
from schema.types.next_best_action import Decision

ANSWERS: Final = frozenset({ContactEventKind.ACCEPTED, ContactEventKind.REJECTED, ContactEventKind.LATER})


@strawberry.input(description="One thing that happened.")
class ContactEventInput:
    """About an entry of a list, a proposition, or (INTEREST, BANNER) a subject."""

    event_id: str = strawberry.field(description="Your own id of it, such as a UUID; the same for every repeat.")
    customer_id: GlobalID = strawberry.field(description="Whose it is.")
    kind: ContactEventKind = strawberry.field(description="What happened.")
    occurred_at: datetime = strawberry.field(description="When it happened, however late it is reported.")
    next_best_action_id: GlobalID | None = strawberry.field(
        default=None, description="The entry of a list that it answers; names channel, session and proposition too."
    )
    channel: str | None = strawberry.field(
        default=None, description="Where it happened, if that is not the list's channel."
    )
    session_id: GlobalID | None = strawberry.field(default=None, description="In which session.")
    proposition: str | None = strawberry.field(default=None, description="About which one, if it is not from a list.")
    subject: str | None = strawberry.field(default=None, description="What the interest or banner was about.")

    def reported(self) -> ReportedEvent:
        """As the room of offers takes it."""
        action, session = self.next_best_action_id, self.session_id
        return ReportedEvent(
            event_id=self.event_id,
            customer=uuid_of(self.customer_id, "Customer"),
            kind=self.kind,
            occurred_at=self.occurred_at,
            action=None if action is None else uuid_of(action, "NextBestAction"),
            channel=self.channel,
            session=None if session is None else uuid_of(session, "CustomerSession"),
            proposition=self.proposition,
            subject=self.subject,
        )


@strawberry.input(description="A batch of contact events: all of it is recorded, or nothing.")
class RecordContactEventsInput:
    """Harmless to repeat without a key too: each event has an id."""

    events: list[ContactEventInput] = strawberry.field(description="1 to 500 events in any order.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="What was recorded, and the lists as they now stand.")
class RecordContactEventsPayload:
    """Counts are 0 where there are problems."""

    recorded: int = strawberry.field(description="How many of the events were new.")
    repeated: int = strawberry.field(description="How many were known already.")
    decisions: list[Decision] = strawberry.field(
        description="The lists that new events belong to, ranked anew where that changed them; at most 50."
    )
    problems: list[Problem] = strawberry.field(description="Why nothing was recorded.")


@strawberry.type
class RecordContactEventsMutation:
    """Mixed into Mutation."""

    @resolved(
        "Report what was shown and how the customer answered, at its own time. Repeats do no harm; lists and segments "
        "adapt at once, campaign management hears of it, and interest becomes a lead where the company wants that.",
        Requires(Scope.OFFERS_DECIDE),
    )
    async def record_contact_events(
        self, info: Info, input: Annotated[RecordContactEventsInput, strawberry.argument(description="The batch.")]
    ) -> RecordContactEventsPayload:
        """Refused as a whole: a part that was recorded would be hard to tell from one that was not."""
        context, given, key = info.context, under_key(input), input.idempotency_key
        outcome = await carry_out(context, "recordContactEvents", given, lambda c: _record(context, c, input), key=key)
        kept = outcome.response
        standing = [await Decision.visible(info, UUID(one)) for one in str(kept.get("decisions", "")).split()]
        return RecordContactEventsPayload(
            recorded=int(str(kept.get("recorded", 0))),
            repeated=int(str(kept.get("repeated", 0))),
            decisions=[one for one in standing if one is not None],
            problems=outcome.problems,
        )


async def _record(
    context: Context, connection: AsyncConnection, given: RecordContactEventsInput
) -> Mapping[str, object]:
    catalogue, now, by = context.hub.offering.catalogue, context.now(), context.principal.subject
    within_bounds(len(given.events))
    events = checked([event.reported() for event in given.events], now)
    customers = await customers_by_id(connection, list({event.customer for event in events}), context.reach)
    if not all(event.customer in customers for event in events):
        raise NotFound("there is no such customer")
    current = {asked: row.id for asked, row in customers.items()}
    new = await record_events(connection, catalogue, events, current, by, now)
    await tell_campaigns(connection, new, now)
    await _tell_answers(connection, new, now)
    leads = await open_interest(connection, context.hub.offering.leads, catalogue, new, by, now)
    await stop_for_leads(connection, list(dict.fromkeys(leads)), now)
    decisions = await react(connection, catalogue, new, consider_anybody, by, now)
    return {
        "recorded": len(new),
        "repeated": len(events) - len(new),
        "decisions": " ".join(str(decision) for decision in dict.fromkeys(decisions)),
    }


async def _tell_answers(connection: AsyncConnection, new: Sequence[RecordedEvent], now: datetime) -> None:
    """What he answered is history of the contact; what he was shown would drown it."""
    for event in new:
        if event.reported.kind in ANSWERS and event.proposition is not None:
            subject = f"{event.reported.kind.value}: {event.proposition}"
            kind = TimelineKind.OFFER_ANSWERED
            entry = Entry(kind, event.customer, event.channel, event.session, subject=subject)
            await tell(connection, entry, now, min(event.reported.occurred_at, now))
