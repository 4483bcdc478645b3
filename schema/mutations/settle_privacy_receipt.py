"""Say what a system's own people made of a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from hub.privacy.requests import settle_receipts
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.ids import uuid_of
from schema.mutations.outcome import KEY, carry_out, under_key
from schema.mutations.privacy_payload import PrivacyPayload, asked_by


@strawberry.input(description="What became of a request at a system.")
class SettlePrivacyReceiptInput:
    """Where no flow leads to, or where a command was refused and people did it."""

    request_id: GlobalID = strawberry.field(description="The request.")
    system: str = strawberry.field(description="The system.")
    refusal: str | None = strawberry.field(
        default=None, description="Why it must not be done there; left out: it was done. Without personal data."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


Input = Annotated[SettlePrivacyReceiptInput, strawberry.argument(description="What became of it.")]


@strawberry.type
class SettlePrivacyReceiptMutation:
    """Mixed into Mutation."""

    @resolved(
        "Say that a system's own people did what a request asks, or why they must not.",
        Requires(Scope.PRIVACY_HANDLE),
    )
    async def settle_privacy_receipt(self, info: Info, input: Input) -> PrivacyPayload:
        """The receipt tells it from then on."""

        async def write(connection: AsyncConnection) -> Mapping[str, object]:
            request = uuid_of(input.request_id, "PrivacyRequest")
            asked = asked_by(info.context, input.refusal)
            await settle_receipts(connection, request, input.system, input.refusal, asked)
            return {"request": str(request), "systems": [input.system]}

        given, key = under_key(input), input.idempotency_key
        outcome = await carry_out(info.context, "settlePrivacyReceipt", given, write, key=key)
        return await PrivacyPayload.of(info, outcome)
