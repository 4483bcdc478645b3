"""Declare that a customer is several people: what was merged stands again as it was, each record with its owner."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.changes import changes_of
from hub.customers.closure import Held
from hub.customers.follow_consent import follow_consents
from hub.customers.identifiers import Node
from hub.customers.lift_restrictions import lift_restrictions
from hub.customers.normalise import Spelling
from hub.customers.recognise import Rules, recognise
from hub.customers.resolve import resolved_ids
from hub.customers.steward_tables import StewardActKind
from hub.errors import Conflict, Invalid, NotFound
from hub.flows.follow_owners import follow_owners
from hub.live.publish import publish
from hub.stewardship.acts import Act, Outcome, keep_act, keep_receipts, living_of
from hub.stewardship.beneath import part_beneath
from hub.stewardship.decide import Verdict, decide, pairs_across
from hub.stewardship.effects import effects_on, values_told
from hub.stewardship.outlook import belongings_of, moved_between, views_of
from hub.stewardship.people import hold, owners, records_of
from hub.stewardship.standing import StandingMerge, standing_merges


async def split_off(
    connection: AsyncConnection, customer_id: UUID, parted: Collection[Node], act: Act, rules: Rules
) -> Outcome:
    """These records of the customer are another person. Invalid unless some, and not all, of his records are named."""
    (current,) = await resolved_ids(connection, [customer_id])
    people = await hold(connection, [current], Spelling(rules.region))
    held = people[current]
    if not set(parted) <= set(held):
        raise Invalid("the customer has no such record", ("identifiers",))
    kept = [node for node in held if node not in parted]
    if not parted or not kept:
        raise Invalid("name some of the customer's records, and not all of them", ("identifiers",))
    return await _part(connection, current, [kept, sorted(parted)], act, rules)


async def undo_merge(connection: AsyncConnection, merge_id: UUID, act: Act, rules: Rules) -> Outcome:
    """Those whom a merge made one are several again. NotFound for no merge, Conflict when it is undone already."""
    current = await _whom_it_made_one(connection, merge_id)
    people = await hold(connection, [current], Spelling(rules.region))
    merges = await standing_merges(connection, people[current])
    place = next((place for place, one in enumerate(merges) if one.id == merge_id), None)
    if place is None:
        raise Conflict("this merge was undone already; what made its customers one again is another")
    sides = list(merges[place].sides.values())
    return await _part(connection, current, sides, act, rules, merges[place + 1 :])


async def _whom_it_made_one(connection: AsyncConnection, merge_id: UUID) -> UUID:
    """Who has records of at least two of its customers."""
    rows = await connection.execute(
        text(
            """SELECT i.customer_id, count(DISTINCT r.former_id) AS sides FROM steward_act a
               JOIN steward_act_record r ON r.act_id = a.id AND NOT r.along
               JOIN customer_identifier i ON i.system = r.system AND i.external_id = r.external_id
               WHERE a.id = :id AND a.kind = :merge GROUP BY 1 ORDER BY 2 DESC, 1"""
        ),
        {"id": merge_id, "merge": StewardActKind.MERGE.value},
    )
    found = rows.all()
    if not found:
        raise NotFound(f"there is no merge {merge_id}")
    if found[0].sides < 2:
        raise Conflict("the customers of this merge are not one any more")
    customer_id: UUID = found[0].customer_id
    return customer_id


async def _part(
    connection: AsyncConnection,
    current: UUID,
    sides: Sequence[Sequence[Node]],
    act: Act,
    rules: Rules,
    built_upon: Sequence[StandingMerge] = (),
) -> Outcome:
    """`built_upon` are merges that were made later than the one that joined these sides."""
    await decide(connection, pairs_across(sides), Verdict.DIFFERENT, act.principal, act.now)
    involved = await records_of(connection, current)
    if built_upon:
        await publish(connection, await part_beneath(connection, current, built_upon, act, rules), act.now)
    else:
        recognised = await recognise(connection, involved, Held(), rules, act.now, Spelling(rules.region))
        await follow_owners(connection, recognised, recognised.moved, act.now)
        await publish(connection, changes_of(recognised), act.now)
    later = await owners(connection, involved)
    if any(later[a] == later[b] for a, b in pairs_across(sides)):
        raise Conflict("an earlier decision holds some of these records together: undo that one")
    groups: dict[UUID, list[Node]] = defaultdict(list)
    for node, owner in later.items():
        groups[owner].append(node)
    act_id = await keep_act(connection, act, current, {node: (current, later[node]) for node in involved})
    parted = [owner for owner in groups if owner != current]
    await follow_consents(connection, list(groups), act.now)
    await lift_restrictions(connection, list(groups), act.now)
    told = await values_told(connection, involved, act.now)
    effects = effects_on(groups, await living_of(connection, involved), told)
    await keep_receipts(connection, act_id, effects)
    views = await views_of(connection, [current, *parted])
    moved = moved_between({}, await belongings_of(connection, parted))
    ordered = tuple(views[owner] for owner in (current, *sorted(parted)) if owner in views)
    return Outcome(act_id, ordered, moved, (), effects)
