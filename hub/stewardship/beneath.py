"""Undo a merge that later ones were built upon: as if they had been made without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.closure import Held
from hub.customers.normalise import Spelling
from hub.customers.recognise import Recognised, Rules, recognise
from hub.customers.redistribute import redistribute
from hub.customers.resolve import resolved_ids
from hub.flows.follow_owners import hand_over
from hub.live.changes import Change
from hub.stewardship.acts import Act
from hub.stewardship.decide import Verdict, decide, pairs_across
from hub.stewardship.outlook import views_of
from hub.stewardship.people import hold, records_of
from hub.stewardship.standing import StandingMerge, retract


async def part_beneath(
    connection: AsyncConnection, current: UUID, later: Sequence[StandingMerge], act: Act, rules: Rules
) -> list[Change]:
    """All part whom the undone merge or a `later` one has joined to the `current` customer, and the later ones are made
    again in their order and as of their times. The word that undoes it is written already; what there is to tell.

    So whatever follows from a merge follows from those that are left. Systems hear of the result only.
    """
    before = (await views_of(connection, [current]))[current]
    quiet = replace(rules, survivorship=replace(rules.survivorship, outward={}))
    spelling = Spelling(rules.region)
    await retract(connection, later)
    involved = await records_of(connection, current)
    steps = [await recognise(connection, involved, Held(), quiet, act.now, spelling)]
    told = await hand_over(connection, steps[0], steps[0].moved, act.now)
    for merge in later:
        again = await _made_again(connection, merge, quiet, act.now)
        if again is not None:
            steps.append(again)
            told += await hand_over(connection, again, again.moved, merge.at)
    kinds = _net(steps)
    groups = {i: await records_of(connection, i) for i, kind in kinds.items() if kind != _DELETED}
    values = {current: {field.field: field.value for field in before.fields}}
    await redistribute(connection, groups, values, rules.survivorship, spelling, act.now)
    lost = [Change("Customer", str(i), kind) for i, kind in kinds.items() if i == current]
    others = [Change("Customer", str(i), kind) for i, kind in sorted(kinds.items()) if i != current]
    return [*dict.fromkeys(told), *others, *lost]


async def _made_again(
    connection: AsyncConnection, merge: StandingMerge, rules: Rules, now: datetime
) -> Recognised | None:
    """None where those whom it made one are one without it."""
    spelling = Spelling(rules.region)
    ids = list(dict.fromkeys(await resolved_ids(connection, [merge.survivor, *merge.sides])))
    if len(ids) < 2:
        return None
    people = await hold(connection, ids, spelling)
    await decide(connection, pairs_across(list(people.values())), Verdict.SAME, merge.principal, merge.at)
    nodes = [node for of_customer in people.values() for node in of_customer]
    return await recognise(connection, nodes, Held(), rules, now, spelling, preferred={ids[0]}, joined_at=merge.at)


_DELETED: Final = "CustomerDeleteEvent"


def _net(steps: Sequence[Recognised]) -> Mapping[UUID, str]:
    """What has become of each customer by all of it; whoever was there neither before nor after is left out."""
    existed: dict[UUID, bool] = {}
    exists: dict[UUID, bool] = {}
    for one in steps:
        projection = one.projection
        for i in {*projection.created, *projection.changed, *projection.ended, *one.moved.values()}:
            existed.setdefault(i, i not in projection.created)
            exists[i] = i not in projection.ended
    kinds = {
        (True, True): "CustomerAttributeValueChangeEvent",
        (False, True): "CustomerCreateEvent",
        (True, False): _DELETED,
    }
    return {i: kinds[existed[i], exists[i]] for i in existed if existed[i] or exists[i]}
