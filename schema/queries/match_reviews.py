"""The customers who may be one person, for the stewards who work them off."""

from __future__ import annotations

from typing import Annotated

import strawberry

from hub.customers.identifiers import Node
from hub.customers.likely import Pair
from hub.customers.likeness.bands import bits_of
from hub.customers.likeness.cases import explained
from hub.reads.match_reviews import REVIEW_ORDER, MatchReviewRow, ReviewConditions, count_reviews, list_reviews
from schema.authorise import Requires, Scope
from schema.context import Context, Info
from schema.fields import resolved
from schema.types.connection import After, Before, Connection, First, Last, window_of
from schema.types.match_review import MatchReview


@strawberry.input(description="What listed pairs fulfil, all of it.")
class MatchReviewFilter:
    """A field left out asks nothing."""

    min_probability: float | None = strawberry.field(default=None, description="At least as likely as this, 0 to 1.")
    system: str | None = strawberry.field(default=None, description="With a record of this system.")
    same_system: bool | None = strawberry.field(
        default=None, description="True: whom one system numbers apart; false: whom none does."
    )

    def conditions(self) -> ReviewConditions:
        """As the reads take them."""
        least = None if self.min_probability is None else bits_of(self.min_probability)
        return ReviewConditions(least, self.system, self.same_system)


Filter = Annotated[MatchReviewFilter | None, strawberry.argument(description="Which ones; all if left out.")]


@strawberry.type
class MatchReviewsQuery:
    """Mixed into Query."""

    @resolved(
        "Customers who may be one person and whom nobody has decided on, the likeliest first. `mergeCustomers` makes "
        "them one, `declareDifferent` takes them off the list for good. Empty until `hub recognition learn` has run; "
        "filled by a worker within a second or so after a record.",
        Requires(Scope.CUSTOMERS_STEWARD),
    )
    async def match_reviews(
        self,
        info: Info,
        filter: Filter = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[MatchReview]:
        """Each shows what two customers have in common, which goes into the audit trail of both."""
        window = window_of(info, REVIEW_ORDER, first, after, last, before)
        conditions = (filter or MatchReviewFilter()).conditions()
        bands = info.context.hub.rules.bands
        async with info.context.reading() as connection:
            page = await list_reviews(connection, conditions, window, info.context.reach)
            scores = await explained(connection, [_pair(row) for row in page.rows])
        info.context.shows(info, [one for row in page.rows for one in (row.customer_id, row.other_id)])
        return Connection.of(
            page,
            REVIEW_ORDER,
            lambda row: MatchReview.of(row, scores.get(_pair(row)), bands),
            lambda: _count(info.context, conditions),
        )


def _pair(row: MatchReviewRow) -> Pair:
    return Node(row.system_a, row.external_id_a), Node(row.system_b, row.external_id_b)


async def _count(context: Context, conditions: ReviewConditions) -> int:
    async with context.reading() as connection:
        return await count_reviews(connection, conditions, context.reach)
