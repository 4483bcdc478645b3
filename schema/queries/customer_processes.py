"""Customer processes, and what they lack."""

from __future__ import annotations

from typing import Annotated

import strawberry

from hub.journeys.gaps import gaps_of
from schema.authorise import Requires, Scope
from schema.context import Context, Info
from schema.fields import resolved
from schema.types.process import CustomerProcess, ProcessGap

Id = Annotated[str, strawberry.argument(description="Name of the process.")]


@strawberry.type
class CustomerProcessesQuery:
    """Mixed into Query."""

    @resolved("The customer processes, by name.", Requires(Scope.STEERING_READ))
    def customer_processes(self, info: Info) -> list[CustomerProcess]:
        """As hub.yaml's file has them."""
        return [_process(info.context, name) for name in sorted(info.context.hub.processes.processes)]

    @resolved("A customer process with what it lacks; null where there is none.", Requires(Scope.STEERING_READ))
    def customer_process(self, info: Info, id: Id) -> CustomerProcess | None:
        """By its name."""
        return _process(info.context, id) if id in info.context.hub.processes.processes else None


def _process(context: Context, name: str) -> CustomerProcess:
    processes, topics = context.hub.processes, context.hub.contacts.catalogue
    process = processes.processes[name]
    found = [ProcessGap.of(gap) for gap in gaps_of(process, processes, topics)]
    return CustomerProcess.of(name, process, processes.version, found)
