"""Record what a customer allows or refuses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final

import strawberry
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from hub.errors import Invalid, NotFound
from hub.reads.customers import customers_by_id
from hub.records.belongings import ConsentRecord
from hub.stewardship.consent import Recorded, record_consent
from schema.authorise import Requires, Scope
from schema.context import Context, Info
from schema.fields import resolved
from schema.ids import uuid_of
from schema.mutations.consent_payload import ConsentPayload, kept_of
from schema.mutations.outcome import carry_out
from schema.types.enums import ConsentStatus, LegalBasis

WORDS_MAX: Final = 100


@strawberry.input(description="What the customer said.")
class RecordConsentInput:
    """As of now."""

    customer_id: GlobalID = strawberry.field(description="Whose consent.")
    purpose: str = strawberry.field(description="What for, in the company's own words: marketing, profiling, ...")
    channel: str | None = strawberry.field(default=None, description="In which channel; left out: in all.")
    status: ConsentStatus = strawberry.field(description="GRANTED, DENIED, REVOKED or UNKNOWN.")
    legal_basis: LegalBasis = strawberry.field(default=LegalBasis.CONSENT, description="Ground for processing.")
    evidence: str | None = strawberry.field(default=None, description="Where it can be shown: a form, a recording.")
    valid_from: datetime | None = strawberry.field(default=None, description="Not before this time; default: now.")
    valid_to: datetime | None = strawberry.field(default=None, description="Not from this time on.")
    double_opt_in: bool = strawberry.field(
        default=False, description="A GRANTED one is PENDING until `confirmConsent` gets its token."
    )
    dry_run: bool = strawberry.field(default=False, description="Check everything and record nothing.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="Your own name for this request: repeated within 24 hours it is done once."
    )


Input = Annotated[RecordConsentInput, strawberry.argument(description="What the customer said.")]


@strawberry.type
class RecordConsentMutation:
    """Mixed into Mutation."""

    @resolved(
        "Record what a customer allows or refuses: it counts at once and goes to the systems at once, whatever the "
        "cadence of their flows.",
        Requires(Scope.CONSENTS_RECORD),
    )
    async def record_consent(self, info: Info, input: Input) -> ConsentPayload:
        """The token of a double opt-in is in the answer and nowhere else."""
        done: list[Recorded] = []

        async def write(connection: AsyncConnection) -> Mapping[str, object]:
            done[:] = [await _record(info.context, connection, input)]
            return kept_of(done[0])

        key, dry_run = input.idempotency_key, input.dry_run
        outcome = await carry_out(info.context, "recordConsent", _given(input), write, key=key, dry_run=dry_run)
        return await ConsentPayload.of(info, outcome, done[0].token if done else None)


def _given(given: RecordConsentInput) -> Mapping[str, object]:
    values = strawberry.asdict(given)
    return {name: str(value) for name, value in values.items() if name not in ("idempotency_key", "dry_run")}


async def _record(context: Context, connection: AsyncConnection, given: RecordConsentInput) -> Recorded:
    customer = uuid_of(given.customer_id, "Customer")
    if customer not in await customers_by_id(connection, [customer], context.reach):
        raise NotFound("there is no such customer")
    if given.status is ConsentStatus.PENDING:
        raise Invalid("record GRANTED with doubleOptIn: it is PENDING until it is confirmed", ("status",))
    for name, value in (("purpose", given.purpose), ("channel", given.channel)):
        if value is not None and not 0 < len(value.strip()) <= WORDS_MAX:
            raise Invalid(f"has 1 to {WORDS_MAX} characters", (name,))
    try:
        record = ConsentRecord(
            purpose=given.purpose,
            channel=given.channel,
            status=given.status,
            legal_basis=given.legal_basis,
            evidence=given.evidence,
            valid_from=given.valid_from,
            valid_to=given.valid_to,
        )
    except ValidationError:
        raise Invalid("evidence has at most 500 characters", ("evidence",)) from None
    return await record_consent(
        connection, customer, record, context.principal.subject, context.now(), double_opt_in=given.double_opt_in
    )
