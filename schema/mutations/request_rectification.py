"""Put right what is wrong about a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from hub.contacts.follow_correction import Corrected, follow_correction
from hub.errors import Invalid
from hub.privacy.rectify import Right, rectify
from schema.authorise import Requires, Scope
from schema.context import Context, Info
from schema.fields import resolved
from schema.ids import uuid_of
from schema.mutations.outcome import carry_out
from schema.mutations.privacy_payload import PrivacyPayload, asked_by
from schema.types.steward import in_column

AT_MOST: Final = 50
"""Fields and contact media in one request."""


@strawberry.input(description="A field with its right value.")
class RightFieldInput:
    """One golden field."""

    field: str = strawberry.field(description="A field of Customer that a survivorship rule chooses, such as name.")
    value: str | None = strawberry.field(description="What is right, as text; null: there is no such value.")


@strawberry.input(description="A contact medium with its right value.")
class RightMediumInput:
    """One e-mail address, phone number or other medium."""

    contact_medium_id: GlobalID = strawberry.field(description="Id of the contact medium that is wrong.")
    value: str = strawberry.field(description="What is right.")


@strawberry.input(description="Who is described wrongly, and what is right.")
class RequestRectificationInput:
    """Fields and contact media together: 1 to 50."""

    customer_id: GlobalID = strawberry.field(description="The customer; a merged id stands for who has his records.")
    fields: list[RightFieldInput] = strawberry.field(default_factory=list, description="Fields, each once.")
    contact_media: list[RightMediumInput] = strawberry.field(default_factory=list, description="Media, each once.")
    reason: str | None = strawberry.field(default=None, description="Why, without personal data; kept as proof.")
    dry_run: bool = strawberry.field(default=False, description="Tell which systems would be asked; change nothing.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="Your own name for this request: repeated within 24 hours it is done once."
    )


Input = Annotated[
    RequestRectificationInput, strawberry.argument(description="Who is described wrongly, and what is right.")
]


@strawberry.type
class RequestRectificationMutation:
    """Mixed into Mutation."""

    @resolved(
        "Put right what is wrong about a person (article 16 GDPR): true here at once, and asked of every system that "
        "says otherwise, with a receipt from each.",
        Requires(Scope.PRIVACY_HANDLE),
    )
    async def request_rectification(self, info: Info, input: Input) -> PrivacyPayload:
        """A dry run does it all and takes it back."""
        context = info.context
        given = {
            "customer": str(input.customer_id),
            "fields": {one.field: one.value for one in input.fields},
            "media": {str(one.contact_medium_id): one.value for one in input.contact_media},
            "reason": input.reason,
        }
        outcome = await carry_out(
            context,
            "requestRectification",
            given,
            lambda c: _rectify(context, c, input),
            key=input.idempotency_key,
            dry_run=input.dry_run,
        )
        return await PrivacyPayload.of(info, outcome)


async def _rectify(
    context: Context, connection: AsyncConnection, given: RequestRectificationInput
) -> Mapping[str, object]:
    customer, right = uuid_of(given.customer_id, "Customer"), _right(given)
    asked = asked_by(context, given.reason)
    done = await rectify(connection, customer, right, context.hub.rules, context.hub.terms.keys, asked)
    for medium in done.media:
        corrected = Corrected(done.customer_id, medium.kind, medium.normalised_before, medium.after)
        await follow_correction(connection, corrected, asked.at)
    return {
        "request": str(done.request_id),
        "counts": [f"{name}: {count}" for name, count in sorted(done.counts.items())],
        "systems": sorted({receipt.system for receipt in done.receipts}),
    }


def _right(given: RequestRectificationInput) -> Right:
    fields = {in_column(one.field): one.value for one in given.fields}
    media = {uuid_of(one.contact_medium_id, "ContactMedium"): one.value for one in given.contact_media}
    told = len(given.fields) + len(given.contact_media)
    if len(fields) + len(media) < told:
        raise Invalid("each field and each contact medium has one right value")
    if told > AT_MOST:
        raise Invalid(f"at most {AT_MOST} fields and contact media at once")
    return Right(fields, media)
