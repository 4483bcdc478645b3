"""Requests of people about their own data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import strawberry
from sqlalchemy import LargeBinary
from strawberry.relay import GlobalID

from hub.privacy.requests import subject_of
from hub.reads.paging import Order
from hub.reads.privacy import NEWEST, PrivacyRow, all_requests, count_privacy_requests, list_privacy_requests
from hub.reads.reach import Reach
from schema.authorise import Requires, Scope
from schema.context import Context, Info
from schema.fields import resolved
from schema.ids import uuid_of
from schema.reads import Arguments, Found, ReadTerms, Slot
from schema.types.connection import After, Before, Connection, First, Last, window_of
from schema.types.privacy import PrivacyRequest

Of = Annotated[
    GlobalID | None,
    strawberry.argument(description="Requests about this customer, by the id he has or had; left out: all."),
]


class ListedRequests:
    """How a page of requests is read by one statement."""

    def order(self, _: Arguments) -> Order:
        """Always the newest first."""
        return NEWEST

    def find(self, arguments: Arguments, _: Reach, slot: Slot) -> Found:
        """They name nobody, so nobody is shown."""
        asked = arguments.get("customer_id")
        return Found(PrivacyRow, None, all_requests(None if asked is None else slot("subject", LargeBinary())))

    def values(self, arguments: Arguments, terms: ReadTerms) -> Mapping[str, object]:
        """The hash of whom they are about."""
        asked = arguments.get("customer_id")
        return {} if asked is None else {"subject": subject_of(terms.keys, uuid_of(asked, "Customer"))}


@strawberry.type
class PrivacyQuery:
    """Mixed into Query."""

    @resolved(
        "Exports, erasures and rectifications, newest first.", Requires(Scope.PRIVACY_HANDLE), reads=ListedRequests()
    )
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
