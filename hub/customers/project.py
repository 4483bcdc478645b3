"""Write golden records: load what the sources say, let the rules decide, touch only what really differs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.assign import Assignment
from hub.customers.distribute import Person, distribute
from hub.customers.identifiers import Node
from hub.customers.keep_conflicts import Cases, Company, cases_of, decided, followed, forget_cases, write_cases
from hub.customers.normalise import Spelling
from hub.customers.overlay import OpenCorrection, overlaid, settled
from hub.customers.read_sources import images_of, open_corrections, pins_of
from hub.customers.survive import FIELDS, Golden, Pin, SourceImage, Survivorship, survive
from hub.customers.withdrawn import without_withdrawn
from hub.customers.write_golden import write_golden, write_origins
from hub.store.sets import run_set


@dataclass(frozen=True, slots=True)
class Projection:
    """Golden customers whose values changed, by what happened to them."""

    created: frozenset[UUID]
    changed: frozenset[UUID]
    ended: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Images:
    """What need not be read: images that the caller has just written, and others that it has read."""

    written: Mapping[Node, SourceImage]
    read: Mapping[Node, SourceImage]


class Times(NamedTuple):
    """When this is written, and when those who become one were joined."""

    now: datetime
    joined_at: datetime


async def project(
    connection: AsyncConnection,
    assignment: Assignment,
    known: Mapping[Node, UUID],
    rules: Survivorship,
    spelling: Spelling,
    at_hand: Images,
    times: Times,
) -> Projection:
    """Rebuild the golden record of every group; one whose values come out the same is left untouched.

    `known` are records that had a customer before, with that one.
    Where sources differ their conflict is kept as a row; a steward's word on one stands over the rules.
    """
    nodes = [node for group in assignment.groups.values() for node in group]
    images = await _counting(connection, nodes, at_hand, rules)
    corrections = await open_corrections(connection, images)
    pins = await pins_of(connection, images)
    laid = {
        customer_id: [overlaid(images[node], corrections[node]) for node in group if node in images]
        for customer_id, group in assignment.groups.items()
    }
    await _settle(connection, images, corrections)
    standing = [customer_id for customer_id in laid if customer_id not in assignment.created]
    before = await _standing(connection, standing)
    told = _Told(before, await cases_of(connection, standing), pins, _companies(assignment, known), times.joined_at)
    golden: dict[UUID, Golden] = {}
    cases: dict[UUID, Cases] = {}
    for customer_id, said in laid.items():
        if said:
            golden[customer_id], cases[customer_id] = _survived(customer_id, said, told, rules, spelling)
    await write_cases(connection, _changed(cases, told.cases))
    await forget_cases(connection, {i: told.cases[i].keys() - cases[i] for i in cases if i in told.cases})
    changed = {customer_id: g for customer_id, g in golden.items() if _digest(before, customer_id) != g.digest}
    if changed:
        await write_golden(connection, changed, assignment.created, before.keys(), known, times.now)
    await write_origins(connection, {i: g for i, g in golden.items() if i not in changed and i in before})
    if rules.outward:
        of = told.companies
        people = [Person(i, laid[i], cases[i], told.until_now(i), of[i].parted, of[i].came) for i in golden]
        await distribute(connection, people, golden, rules.outward, at_hand.written.keys(), times.now)
    created = frozenset(changed) - before.keys()
    return Projection(created, frozenset(changed) - created, assignment.ended)


async def _counting(
    connection: AsyncConnection, nodes: Sequence[Node], at_hand: Images, rules: Survivorship
) -> Mapping[Node, SourceImage]:
    """What these records say, read where it is not at hand, without what is withdrawn from their systems."""
    given = {**at_hand.read, **at_hand.written}
    images = {node: given[node] for node in nodes if node in given}
    images |= await images_of(connection, [node for node in nodes if node not in images])
    return await without_withdrawn(connection, images, rules.gated) if rules.gated else images


@dataclass(frozen=True, slots=True)
class _Told:
    """What the golden records depend on besides their images."""

    before: Mapping[UUID, _Standing]
    cases: Mapping[UUID, Cases]
    pins: Mapping[Node, Sequence[Pin]]
    companies: Mapping[UUID, Company]
    now: datetime

    def until_now(self, customer_id: UUID) -> Mapping[str, str | None]:
        """The golden values of before, none of somebody new."""
        return self.before[customer_id].values if customer_id in self.before else {}


def _survived(
    customer_id: UUID, images: Sequence[SourceImage], told: _Told, rules: Survivorship, spelling: Spelling
) -> tuple[Golden, Cases]:
    """One golden record and its conflicts."""
    known = told.cases.get(customer_id, {})
    company = told.companies[customer_id]
    cases = followed(known, images, told.until_now(customer_id), company, rules.flip_flops, told.now)
    pinned = [pin for image in images for pin in told.pins.get(image.node, ())]
    golden = survive(images, rules, spelling, [*pinned, *decided(cases)])
    return golden, {field: replace(case, kept=golden.values[field]) for field, case in cases.items()}


def _companies(assignment: Assignment, known: Mapping[Node, UUID]) -> dict[UUID, Company]:
    """Who stands for himself again, or is new, has nobody who came."""
    before = set(known.values())
    left = {customer_id for node, customer_id in known.items() if node not in assignment.groups.get(customer_id, ())}
    return {
        customer_id: Company(
            group,
            frozenset(n for n in group if customer_id in before and known.get(n, customer_id) != customer_id),
            customer_id in left or customer_id not in before,
        )
        for customer_id, group in assignment.groups.items()
    }


def _changed(cases: Mapping[UUID, Cases], known: Mapping[UUID, Cases]) -> dict[UUID, Cases]:
    """The conflicts that are not as they were."""
    return {
        customer_id: {field: case for field, case in of.items() if case != known.get(customer_id, {}).get(field)}
        for customer_id, of in cases.items()
        if of
    }


async def _settle(
    connection: AsyncConnection, images: Mapping[Node, SourceImage], corrections: Mapping[Node, list[OpenCorrection]]
) -> None:
    """Close the corrections whose source has moved; a chain (a to b, b to c) is judged by its first and last value."""
    for node, of_node in corrections.items():
        by_path: dict[tuple[str, ...], list[OpenCorrection]] = defaultdict(list)
        for correction in of_node:
            by_path[correction.path].append(correction)
        for chain in by_path.values():
            for place, correction in enumerate(chain):
                verdict = settled(images[node], correction)
                followed = any(settled(images[node], later) in (None, "CONVERGED") for later in chain[place + 1 :])
                awaited = place > 0 and settled(images[node], chain[0]) is None
                if verdict is None or awaited:
                    continue
                state = "CONVERGED" if followed else verdict
                await connection.execute(
                    text("UPDATE correction SET state = :state WHERE id = :id"), {"state": state, "id": correction.id}
                )


@dataclass(frozen=True, slots=True)
class _Standing:
    """A golden record as it is before: its digest and its values as text."""

    digest: bytes
    values: Mapping[str, str | None]


def _digest(before: Mapping[UUID, _Standing], customer_id: UUID) -> bytes | None:
    return before[customer_id].digest if customer_id in before else None


_STANDING: Final = f"""
SELECT c.* FROM json_array_elements_text(CAST(:rows AS json)) AS r(id)
CROSS JOIN LATERAL (SELECT id, digest, {", ".join(f"{name}::text" for name in FIELDS)} FROM customer
  WHERE id = CAST(r.id AS uuid) LIMIT 1) c"""  # noqa: S608  constant names


async def _standing(connection: AsyncConnection, customers: Iterable[UUID]) -> dict[UUID, _Standing]:
    asked = [str(customer_id) for customer_id in customers]
    if not asked:
        return {}
    rows = await run_set(connection, _STANDING, asked)
    return {row[0]: _Standing(row[1], dict(zip(FIELDS, row[2:], strict=True))) for row in rows.all()}
