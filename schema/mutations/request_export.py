"""Export everything the hub holds of a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from hub.privacy.export import Exported, export
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.ids import uuid_of
from schema.mutations.outcome import carry_out, under_key
from schema.mutations.privacy_payload import PrivacyPayload, asked_by


@strawberry.input(description="Whose data.")
class RequestExportInput:
    """For himself, or for whoever he hands it to."""

    customer_id: GlobalID = strawberry.field(description="The customer; a merged id stands for who has his records.")
    reason: str | None = strawberry.field(default=None, description="Why, without personal data; kept as proof.")
    dry_run: bool = strawberry.field(default=False, description="Tell how much there is; hand nothing out.")
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="Your own name for this request: repeated within 24 hours it is done once, and the document, "
        "which is told once, is null.",
    )


Input = Annotated[RequestExportInput, strawberry.argument(description="Whose data.")]


@strawberry.type
class RequestExportMutation:
    """Mixed into Mutation."""

    @resolved(
        "Everything the hub holds of a person (articles 15 and 20 GDPR) as one JSON document: values with where they "
        "come from, every version of every record, consents, contacts, and who looked at him. Each system that knows "
        "him has a receipt, by hand: it may have more of him than the hub takes in.",
        Requires(Scope.PRIVACY_HANDLE),
    )
    async def request_export(self, info: Info, input: Input) -> PrivacyPayload:
        """The document is told once and not kept; its keyed hash is."""
        context = info.context
        done: list[Exported] = []

        async def write(connection: AsyncConnection) -> Mapping[str, object]:
            customer = uuid_of(input.customer_id, "Customer")
            keys, region = context.hub.terms.keys, context.hub.rules.region
            exported = await export(connection, customer, keys, region, asked_by(context, input.reason))
            done[:] = [exported]
            counts = [f"{name}: {count}" for name, count in sorted(exported.counts.items())]
            return {"request": str(exported.request_id), "counts": counts, "systems": list(exported.systems)}

        given, key = under_key(input), input.idempotency_key
        outcome = await carry_out(context, "requestExport", given, write, key=key, dry_run=input.dry_run)
        document = done[0].document if done and not input.dry_run else None
        return await PrivacyPayload.of(info, outcome, document)
