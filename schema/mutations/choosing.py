"""Which objects a mutation is about: some ids, or a filter, and never everything by mistake."""

from __future__ import annotations

from collections.abc import Sequence

from strawberry.relay import GlobalID

from hub.errors import Invalid
from hub.flows.quarantined import Chosen
from hub.work.dead_letters import StuckWork
from schema.ids import number_of
from schema.queries.quarantine import QuarantineFilter
from schema.queries.stuck_work import WorkFilter


def chosen_objects(ids: Sequence[GlobalID] | None, filter_: QuarantineFilter | None, at_most: int) -> Chosen:
    """OPEN quarantined objects; Invalid for both or neither, and for too many ids."""
    numbers = _numbers(ids, "QuarantinedObject", filter_ is not None, at_most)
    return Chosen(numbers) if numbers is not None else (filter_ or QuarantineFilter()).chosen()


def chosen_work(ids: Sequence[GlobalID] | None, filter_: WorkFilter | None, at_most: int) -> StuckWork:
    """Stuck work; Invalid for both or neither, and for too many ids."""
    numbers = _numbers(ids, "StuckWork", filter_ is not None, at_most)
    return StuckWork(numbers) if numbers is not None else (filter_ or WorkFilter()).chosen()


def _numbers(ids: Sequence[GlobalID] | None, type_name: str, filtered: bool, at_most: int) -> list[int] | None:
    if (ids is not None) == filtered:
        raise Invalid("give ids or a filter, and not both", ("ids",))
    if ids is None:
        return None
    if len(ids) > at_most:
        raise Invalid(f"at most {at_most} ids at once", ("ids",))
    return [number_of(identity, type_name) for identity in ids]
