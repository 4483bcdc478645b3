"""Requests of people about their own data."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry.relay import GlobalID

from hub.privacy.requests import subject_of
from hub.reads.privacy import NEWEST, count_privacy_requests, list_privacy_requests
from schema.authorise import Requires, Scope
from schema.context import Context, Info
from schema.fields import resolved
from schema.ids import uuid_of
from schema.types.connection import After, Before, Connection, First, Last, window_of
from schema.types.privacy import PrivacyRequest

Of = Annotated[
    GlobalID | None,
    strawberry.argument(description="Requests about this customer, by the id he has or had; left out: all."),
]


@strawberry.type
class PrivacyQuery:
    """Mixed into Query."""

    @resolved("Exports, erasures and rectifications, newest first.", Requires(Scope.PRIVACY_HANDLE))
    async def privacy_requests(
        self,
        info: Info,
        customer_id: Of = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[PrivacyRequest]:
        """An id finds its requests also once the person is erased."""
        window = window_of(info, NEWEST, first, after, last, before)
        asked = None if customer_id is None else uuid_of(customer_id, "Customer")
        subject = None if asked is None else subject_of(info.context.hub.terms.keys, asked)
        async with info.context.reading() as connection:
            page = await list_privacy_requests(connection, subject, window)
        return Connection.of(page, NEWEST, PrivacyRequest.of, lambda: _count(info.context, subject))


async def _count(context: Context, subject: bytes | None) -> int:
    async with context.reading() as connection:
        return await count_privacy_requests(connection, subject)
