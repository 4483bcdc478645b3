"""Say what became of a delivery: a person who knows better, or a mail that came back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from hub.errors import NotFound
from hub.outbound.bounce import report_bounce
from hub.outbound.compose import delivery_of
from hub.outbound.settle import settle_delivery
from hub.reads.outbound import DELIVERIES
from hub.reads.parts import parts_by_id
from schema.authorise import Requires, Scope
from schema.context import Context, Info
from schema.fields import resolved
from schema.ids import uuid_of
from schema.mutations.calls import DeliveryPayload
from schema.mutations.contact_payload import KEY
from schema.mutations.outcome import Problem, carry_out
from schema.types.enums import DeliveryState


@strawberry.input(description="A mail that may or may not have left, and what is known of it now.")
class SettleDeliveryInput:
    """By somebody who has looked at the mail server."""

    delivery_id: GlobalID = strawberry.field(description="The delivery, which is UNKNOWN.")
    to: DeliveryState = strawberry.field(
        description="SENT: it left. PLANNED: it did not, and shall. FAILED: it did not, and shall not."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="A mail of the hub that came back.")
class ReportBounceInput:
    """By its Message-ID, whose part before the @ is the delivery's key."""

    message_id: str = strawberry.field(description="The Message-ID of the mail, as the returned message quotes it.")
    status: str | None = strawberry.field(
        default=None, description="Enhanced status code (RFC 3463); only lasting failures, 5.x.x, are bounces."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="At how many customers the address is marked, or why nothing happened.")
class ReportBouncePayload:
    """Names nobody: who reports need not see customers."""

    customers: int = strawberry.field(description="How many customers still have the address; it is marked at each.")
    problems: list[Problem] = strawberry.field(description="Why nothing happened.")


Settled = Annotated[SettleDeliveryInput, strawberry.argument(description="Which delivery, and what became of it.")]
Bounced = Annotated[ReportBounceInput, strawberry.argument(description="Which mail, and why it came back.")]


@strawberry.type
class DeliveryMutations:
    """Mixed into Mutation."""

    @resolved(
        "Decide what became of a mail of which the hub does not know whether it left.", Requires(Scope.OUTBOUND_SETTLE)
    )
    async def settle_delivery(self, info: Info, input: Settled) -> DeliveryPayload:
        """CONFLICT unless it is UNKNOWN."""
        given = {"delivery": str(input.delivery_id), "to": input.to.value}
        outcome = await carry_out(
            info.context, "settleDelivery", given, lambda c: _settle(info.context, c, input), key=input.idempotency_key
        )
        return await DeliveryPayload.of(info, outcome)

    @resolved(
        "A mail of the hub came back: its address is marked at whoever still has it, and agents see it there.",
        Requires(Scope.MEDIA_REPORT),
    )
    async def report_bounce(self, info: Info, input: Bounced) -> ReportBouncePayload:
        """NOT_FOUND for a mail that is not the hub's."""
        given = {"message": input.message_id, "status": input.status}
        outcome = await carry_out(
            info.context, "reportBounce", given, lambda c: _bounce(info.context, c, input), key=input.idempotency_key
        )
        return ReportBouncePayload(customers=int(str(outcome.response.get("customers", 0))), problems=outcome.problems)


async def _settle(context: Context, connection: AsyncConnection, given: SettleDeliveryInput) -> Mapping[str, object]:
    delivery = uuid_of(given.delivery_id, "LeadDelivery")
    if delivery not in await parts_by_id(connection, DELIVERIES, [delivery], context.reach):
        raise NotFound("there is no such delivery")
    await settle_delivery(connection, delivery, given.to, context.principal.subject, context.now())
    return {"delivery": str(delivery)}


async def _bounce(context: Context, connection: AsyncConnection, given: ReportBounceInput) -> Mapping[str, object]:
    delivery = delivery_of(given.message_id)
    keys, by = context.hub.contacts.keys, context.principal.subject
    customers = await report_bounce(connection, keys, delivery, given.status, by, context.now())
    return {"customers": len(customers)}
