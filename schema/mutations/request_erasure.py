"""Erase a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from hub.privacy.erase import EraseTerms, erase
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.ids import uuid_of
from schema.mutations.outcome import carry_out
from schema.mutations.privacy_payload import PrivacyPayload, asked_by


@strawberry.input(description="Who is to be erased.")
class RequestErasureInput:
    """It cannot be taken back."""

    customer_id: GlobalID = strawberry.field(description="The customer; a merged id stands for who has his records.")
    reason: str | None = strawberry.field(default=None, description="Why, without personal data; kept as proof.")
    dry_run: bool = strawberry.field(default=False, description="Tell what would go and what stays; change nothing.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="Your own name for this request: repeated within 24 hours it is done once."
    )


Input = Annotated[RequestErasureInput, strawberry.argument(description="Who is to be erased.")]


@strawberry.type
class RequestErasureMutation:
    """Mixed into Mutation."""

    @resolved(
        "Erase a person (article 17 GDPR): his keys are dropped, his values removed, every system that knows him is "
        "asked, and no later pull, file or event brings him back. What the law wants kept stays without his name.",
        Requires(Scope.PRIVACY_HANDLE),
    )
    async def request_erasure(self, info: Info, input: Input) -> PrivacyPayload:
        """A dry run does it all and takes it back."""
        context = info.context
        terms = EraseTerms(context.hub.terms.keys, context.hub.rules.region, context.hub.privacy.retention_days)

        async def write(connection: AsyncConnection) -> Mapping[str, object]:
            customer = uuid_of(input.customer_id, "Customer")
            done = await erase(connection, customer, terms, asked_by(context, input.reason))
            return {
                "request": str(done.request_id),
                "counts": [f"{name}: {count}" for name, count in sorted(done.forgotten.counts.items())],
                "retained": [f"{name}: {count}" for name, count in sorted(done.forgotten.retained.items())],
                "systems": sorted({receipt.system for receipt in done.receipts}),
            }

        given = {"customer": str(input.customer_id), "reason": input.reason}
        key, dry = input.idempotency_key, input.dry_run
        outcome = await carry_out(context, "requestErasure", given, write, key=key, dry_run=dry)
        return await PrivacyPayload.of(info, outcome)
