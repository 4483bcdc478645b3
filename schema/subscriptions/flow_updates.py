"""How the runs of a flow go on."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Final

import strawberry

from hub.errors import NotFound
from hub.live.reader import Interest
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import subscribed
from schema.subscriptions.follow import TOLD_ONCE, After, follow
from schema.types.flow import InformationFlow

REQUIRES: Final = Requires(Scope.FLOWS_READ)


@strawberry.type(description="A flow as it is now, because one of its runs or lanes changed.")
class FlowUpdate:
    """One message."""

    cursor: str = strawberry.field(description="Give it as `after` to go on behind this message.")
    event: str = strawberry.field(
        description="CURRENT for the first message, else the change, such as InformationFlowStateChangeEvent."
    )
    flow: InformationFlow = strawberry.field(description="The flow now.")


@strawberry.type
class FlowUpdates:
    """Mixed into Subscription."""

    @subscribed(f"A flow: first as it is now (unless `after` is given), then after each change. {TOLD_ONCE}", REQUIRES)
    async def flow_updates(
        self,
        info: Info,
        name: Annotated[str, strawberry.argument(description="The flow's name in hub.yaml.")],
        after: After = None,
    ) -> AsyncGenerator[FlowUpdate, None]:
        """NOT_FOUND for a name that hub.yaml does not have."""
        if await info.context.loaders.flows.load(name) is None:
            raise NotFound("there is no such flow")
        messages = follow(info.context, Interest("InformationFlow", name), after, REQUIRES)
        async with aclosing(messages):
            async for message in messages:
                flow = await InformationFlow.visible(info, name)
                if flow is None:
                    raise NotFound("the flow is no longer there")
                yield FlowUpdate(cursor=message.cursor, event=message.event, flow=flow)
