"""How contacts go."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import strawberry

from hub.steering import scope
from hub.steering.contact_metrics import contact_metrics
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.types.enums import MetricsBy
from schema.types.metrics import ContactMetrics


@strawberry.input(description="Days of the company's own time zone, half-open; at most two years.")
class MetricsPeriod:
    """A month is from its first day to the first of the next one."""

    first: date = strawberry.field(name="from", description="The first day.")
    end: date = strawberry.field(name="to", description="The day after the last one.")


PeriodArgument = Annotated[MetricsPeriod, strawberry.argument(description="When the contacts began.")]
ChannelArgument = Annotated[
    str | None, strawberry.argument(description="Only contacts that began in this channel; left out: all.")
]
ByArgument = Annotated[MetricsBy | None, strawberry.argument(description="Grouped by what; left out: one of all.")]


@strawberry.type
class ContactMetricsQuery:
    """Mixed into Query."""

    @resolved(
        "Figures of all contacts of a period: how soon they were answered, how well, what came of them.",
        Requires(Scope.STEERING_READ),
    )
    async def contact_metrics(
        self, info: Info, period: PeriodArgument, channel: ChannelArgument = None, by: ByArgument = None
    ) -> list[ContactMetrics]:
        """Counted anew each time."""
        context = info.context
        rules, conducting = context.hub.steering, context.hub.contacts.rules
        within, ways = scope.Period(period.first, period.end), context.hub.outbound.channels
        asked = scope.Scope(within, rules, channel, by, conducting.channels, ways)
        asked.check(conducting)
        async with context.reading() as connection:
            found = await contact_metrics(connection, asked, context.now())
        return [ContactMetrics.told(one, rules.currency) for one in found]
