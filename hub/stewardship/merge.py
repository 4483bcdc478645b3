"""Declare several customers one person: in one transaction, undone exactly by a split."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.changes import changes_of
from hub.customers.closure import Held, close_over
from hub.customers.identifiers import Node
from hub.customers.normalise import Spelling
from hub.customers.recognise import Rules, recognise
from hub.customers.resolve import resolved_ids
from hub.customers.restrict_systems import bring_in_line
from hub.errors import Conflict, Invalid
from hub.flows.follow_owners import follow_owners
from hub.live.publish import publish
from hub.stewardship.acts import Act, Outcome, keep_act, keep_receipts, living_of
from hub.stewardship.decide import Verdict, decide, pairs_across
from hub.stewardship.effects import effects_on, values_told
from hub.stewardship.outlook import belongings_of, clashes, moved_between, views_of
from hub.stewardship.people import hold, owners

CUSTOMERS_MAX: Final = 10


async def merge_customers(
    connection: AsyncConnection, into: UUID, others: Sequence[UUID], act: Act, rules: Rules
) -> Outcome:
    """All of them become one customer under the id `into`; the other ids stand for it from now on.

    Ids that were merged before are followed. NotFound for an unknown one, Invalid when fewer than two remain.
    """
    if len(others) >= CUSTOMERS_MAX:
        raise Invalid(f"at most {CUSTOMERS_MAX} customers at once", ("customerIds",))
    ids = list(dict.fromkeys(await resolved_ids(connection, [into, *others])))
    if len(ids) < 2:
        raise Invalid("these are one customer already", ("customerIds",))
    survivor, spelling = ids[0], Spelling(rules.region)
    people = await hold(connection, ids, spelling)
    former = {node: customer_id for customer_id, nodes in people.items() for node in nodes}
    await decide(connection, pairs_across(list(people.values())), Verdict.SAME, act.principal, act.now)
    before = await views_of(connection, await _within_reach(connection, list(former)))
    had = await belongings_of(connection, [survivor])
    recognised = await recognise(connection, list(former), Held(), rules, act.now, spelling, preferred={survivor})
    await follow_owners(connection, recognised, recognised.moved, act.now)
    await publish(connection, changes_of(recognised), act.now)
    later = await owners(connection, list(former))
    if set(later.values()) != {survivor}:
        raise Conflict("an earlier decision keeps some of these records apart: split those customers first")
    view = (await views_of(connection, [survivor]))[survivor]
    # His records may be more than those that were named: of somebody who is known as one with them now.
    nodes = [Node(*record) for record in view.records]
    hands = {node: (former[node], later[node]) for node in former}
    along = {node: (recognised.former[node], survivor) for node in recognised.former.keys() & {*nodes} - former.keys()}
    act_id = await keep_act(connection, act, survivor, hands, along)
    consents = await bring_in_line(connection, [survivor], act.now)
    told = await values_told(connection, nodes, act.now)
    effects = effects_on({survivor: nodes}, await living_of(connection, nodes), told, consents)
    await keep_receipts(connection, act_id, effects)
    moved = moved_between(had, await belongings_of(connection, [survivor]))
    sides = [*ids, *sorted({whose for whose, _ in along.values()})]
    return Outcome(act_id, (view,), moved, clashes({one: before[one] for one in sides}, view), effects)


async def _within_reach(connection: AsyncConnection, nodes: Sequence[Node]) -> list[UUID]:
    """Who may become one with those who have these records, now that the word on them is written: they themselves,
    and whoever shares with several of them what tells nobody apart any more."""
    world = await close_over(connection, nodes, Held(), ())
    return sorted(set((await owners(connection, list(world.identifiers))).values()))
