"""Requests of people about their own data."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated

import strawberry
from strawberry.relay import GlobalID

from hub.privacy.requests import subject_of
from hub.reads.ids_of import ids_of
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
    strawberry.argument(description="Requests about this customer, by any id that he has or had; left out: all."),
]


class ListedRequests:
    """How a page of requests is read by one statement."""

    def order(self, _: Arguments) -> Order:
        """Always the newest first."""
        return NEWEST

    def find(self, arguments: Arguments, _: Reach, __: Slot) -> Found | None:
        """They name nobody, so nobody is shown. Those of one customer, found by all his ids, are the resolver's."""
        return Found(PrivacyRow, None, all_requests()) if arguments.get("customer_id") is None else None

    def values(self, _: Arguments, __: ReadTerms) -> Mapping[str, object]:
        """None but the window's."""
        return {}


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
        """An id finds all requests about its customer, merged or erased."""
        window = window_of(info, NEWEST, first, after, last, before)
        asked = None if customer_id is None else uuid_of(customer_id, "Customer")
        keys = info.context.hub.terms.keys
        async with info.context.reading() as connection:
            ids = None if asked is None else await ids_of(connection, asked)
            subjects = None if ids is None else [subject_of(keys, one) for one in ids]
            page = await list_privacy_requests(connection, subjects, window)
        return Connection.of(page, NEWEST, PrivacyRequest.of, lambda: _count(info.context, subjects))


async def _count(context: Context, subjects: Collection[bytes] | None) -> int:
    async with context.reading() as connection:
        return await count_privacy_requests(connection, subjects)
