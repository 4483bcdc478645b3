"""A migration's row: found, held against others, and moved from state to state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import NotFound
from hub.live.changes import Change
from hub.live.publish import publish
from hub.migration.evidence import append
from hub.migration.states import check
from hub.migration.tables import OPEN
from hub.records.migration import MigrationState
from hub.settings.migrations import MigrationRules

TOPIC: Final = "CadenceMigration"
"""Topic of the change feed; the object is the flow's name, whichever migration it has."""

_COLUMNS: Final = """m.id, m.flow, m.from_lane, m.to_lane, m.state, m.paused_from, m.problem, m.settings, m.preflight,
  m.created_by, m.seed_run, m.shadow_since, m.approved_by, m.approved_digest, m.cut_over_at, m.incumbent_epoch,
  m.incumbent_cursor, m.rolled_back_at, m.reconciled_at,
  m.evidence_count, m.evidence_digest"""


@dataclass(frozen=True, slots=True)
class Migration:
    """A migration as this transaction read it."""

    id: UUID
    flow: str
    from_lane: int
    to_lane: int
    state: MigrationState
    paused_from: MigrationState | None
    problem: str | None
    rules: MigrationRules
    preflight: Mapping[str, object] | None
    created_by: str
    seed_run: UUID | None
    shadow_since: datetime | None
    approved_by: str | None
    approved_digest: bytes | None
    cut_over_at: datetime | None
    incumbent_epoch: int | None
    incumbent_cursor: Mapping[str, object] | None
    rolled_back_at: datetime | None
    reconciled_at: datetime | None
    evidence_count: int
    evidence_digest: bytes

    @classmethod
    def of(cls, row: Row[Any]) -> Migration:
        """From a row of `_COLUMNS`."""
        values = row._asdict()
        paused_from = values.pop("paused_from")
        return cls(
            state=MigrationState(values.pop("state")),
            paused_from=None if paused_from is None else MigrationState(paused_from),
            rules=MigrationRules.model_validate(values.pop("settings")),
            **values,
        )


async def by_id(connection: AsyncConnection, migration: UUID) -> Migration:
    """NotFound when there is none."""
    return await _one(connection, "m.id = :id", {"id": migration}, "")


async def hold(connection: AsyncConnection, migration: UUID) -> Migration:
    """The same, held until the transaction ends: every step of a migration begins with this."""
    return await _one(connection, "m.id = :id", {"id": migration}, " FOR UPDATE")


async def hold_open(connection: AsyncConnection, flow: str) -> Migration:
    """The flow's open migration, held. NotFound when it has none."""
    return await _one(connection, f"m.flow = :flow AND {OPEN}", {"flow": flow}, " FOR UPDATE")


async def hold_last_cut_over(connection: AsyncConnection, flow: str) -> Migration:
    """The flow's newest migration that moved authority and was not taken back, else its newest; held.

    NotFound when it never had one.
    """
    last = """m.id = (SELECT id FROM cadence_migration WHERE flow = :flow
      ORDER BY cut_over_at IS NOT NULL AND state <> 'ROLLED_BACK' DESC, created_at DESC, id DESC LIMIT 1)"""
    return await _one(connection, last, {"flow": flow}, " FOR UPDATE")


async def latest(connection: AsyncConnection, flow: str) -> Migration:
    """The flow's open migration, else the one in which somebody acted last; not held. NotFound when it never had one.

    As `latest_migrations` has it: an older one that is taken back comes before a newer one that was given up.
    """
    current = f"""m.id = (SELECT id FROM cadence_migration WHERE flow = :flow
      ORDER BY {OPEN} DESC, greatest(created_at, cut_over_at, rolled_back_at) DESC, id DESC LIMIT 1)"""  # noqa: S608
    return await _one(connection, current, {"flow": flow}, "")


async def last_moved(connection: AsyncConnection, flow: str) -> Migration:
    """The flow's migration that moved authority last, forth or back, else its newest: the one an undo list is about.

    Not held. NotFound when it never had one.
    """
    moved = """m.id = (SELECT id FROM cadence_migration WHERE flow = :flow
      ORDER BY greatest(cut_over_at, rolled_back_at) DESC NULLS LAST, created_at DESC, id DESC LIMIT 1)"""
    return await _one(connection, moved, {"flow": flow}, "")


async def of_flow(connection: AsyncConnection, flow: str, migration: UUID) -> Migration:
    """That one, not held. NotFound when the flow has none of this id."""
    return await _one(connection, "m.id = :id AND m.flow = :flow", {"id": migration, "flow": flow}, "")


async def open_migrations(connection: AsyncConnection, flow: str) -> list[UUID]:
    """Ids of the flow's migrations that have something to do: one at most."""
    rows = await connection.execute(
        text(f"SELECT id FROM cadence_migration WHERE flow = :flow AND {OPEN}"),  # noqa: S608  a constant
        {"flow": flow},
    )
    return list(rows.scalars())


async def watched(connection: AsyncConnection, flow: str | None = None) -> list[UUID]:
    """Ids of the open ones and of those whose auditor still runs, of all flows or of one."""
    rows = await connection.execute(
        text(
            f"""SELECT m.id FROM cadence_migration m
                WHERE m.flow = coalesce(CAST(:flow AS text), m.flow) AND (m.{OPEN} OR m.state = 'COMPLETED'
                  AND EXISTS (SELECT FROM lane a WHERE a.id = m.from_lane AND a.mode = 'VERIFY')
                  AND EXISTS (SELECT FROM lane l WHERE l.id = m.to_lane AND l.mode = 'AUTHORITATIVE'))
                ORDER BY m.created_at, m.id"""  # noqa: S608  a constant
        ),
        {"flow": flow},
    )
    return list(rows.scalars())


async def _one(connection: AsyncConnection, where: str, binds: Mapping[str, object], lock: str) -> Migration:
    statement = f"SELECT {_COLUMNS} FROM cadence_migration m WHERE {where}{lock}"  # noqa: S608  constants of this file
    row = (await connection.execute(text(statement), binds)).one_or_none()
    if row is None:
        named = None if "id" in binds else binds.get("flow")
        raise NotFound(f"flow {named} has no migration under way" if named else "there is no such migration")
    return Migration.of(row)


async def move(
    connection: AsyncConnection,
    migration: Migration,
    to: MigrationState,
    now: datetime,
    kind: str,
    body: Mapping[str, object],
    **columns: object,
) -> Migration:
    """Change the state, set `columns` beside it, add evidence of `kind` and tell subscribers; Conflict if forbidden.

    `migration` must be held. A state the migration has already is no change but may set columns.
    """
    if to is not migration.state:
        check(migration.state, to, migration.paused_from)
    columns = {"paused_from": None, "problem": None} | columns
    await put(connection, migration, now, state=to.value, **columns)
    said = {"from": migration.state.value, "to": to.value, **body}
    head = await append(connection, migration.id, kind, said, now)
    return replace(
        migration, state=to, paused_from=None, evidence_digest=head, evidence_count=migration.evidence_count + 1
    )


async def put(connection: AsyncConnection, migration: Migration, now: datetime, **columns: object) -> None:
    """Write columns of a held migration and tell subscribers; mappings travel as JSON."""
    names = [
        f"{name} = CAST(:{name} AS jsonb)" if isinstance(value, Mapping) else f"{name} = :{name}"
        for name, value in columns.items()
    ]
    written = ", ".join([*names, "changed_at = :now"])
    plain = {n: orjson.dumps(v).decode() if isinstance(v, Mapping) else v for n, v in columns.items()}
    await connection.execute(
        text(f"UPDATE cadence_migration SET {written} WHERE id = :id"),  # noqa: S608  names are ours
        {"id": migration.id, "now": now, **plain},
    )
    await tell(connection, migration.flow, "CadenceMigrationStateChangeEvent", now)


async def tell(connection: AsyncConnection, flow: str, event: str, now: datetime) -> None:
    """Tell subscribers that the flow's migration changed."""
    await publish(connection, [Change(TOPIC, flow, event)], now)
