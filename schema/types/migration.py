"""Migrations of a flow's cadence, with all that a decision about them needs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry
from strawberry import relay

from hub.errors import Invalid
from hub.migration.evidence import verify_evidence
from hub.migration.facts import gates_of
from hub.migration.stored import by_id
from hub.migration.undo import undo_list
from hub.reads.migrations import MigrationRow, evidence_rows, windows_of
from hub.reads.seeding import seeding_of
from schema.context import Info
from schema.fields import resolved
from schema.types.enums import FlowCadence, MigrationState
from schema.types.flow import InformationFlow
from schema.types.migration_evidence import EvidenceCheck, MigrationEvidence
from schema.types.migration_gate import MigrationGate
from schema.types.migration_preflight import MigrationFinding, MigrationForecast
from schema.types.migration_seeding import MigrationSeeding
from schema.types.migration_undo import UndoItem
from schema.types.migration_window import ParityRun

AT_MOST = 100

Count = Annotated[int, strawberry.argument(description="How many, at most 100.")]


def _bounded(count: int, name: str) -> int:
    if not 0 < count <= AT_MOST:
        raise Invalid(f"{name} must be from 1 to {AT_MOST}", (name,))
    return count


@strawberry.type(description="The controlled change of a flow's cadence.")
class CadenceMigration(relay.Node):
    """A flow has at most one that is not COMPLETED, ABORTED or ROLLED_BACK."""

    id: relay.NodeID[UUID]
    flow_name: strawberry.Private[str]
    from_cadence: FlowCadence = strawberry.field(description="The cadence that counted when it was planned.")
    to_cadence: FlowCadence = strawberry.field(description="The cadence that is to count.")
    state: MigrationState = strawberry.field(description="Where it stands.")
    paused_from: MigrationState | None = strawberry.field(description="Where it goes on when it is resumed.")
    problem: str | None = strawberry.field(description="Why it waits for a person, if it does.")
    created_by: str = strawberry.field(description="Who planned it.")
    created_at: datetime = strawberry.field(description="When it was planned.")
    changed_at: datetime = strawberry.field(description="When it last changed.")
    approved_by: str | None = strawberry.field(description="Who approved the cut-over.")
    approved_at: datetime | None = strawberry.field(description="When.")
    cut_over_at: datetime | None = strawberry.field(description="When authority moved.")
    rolled_back_at: datetime | None = strawberry.field(description="When authority moved back.")
    evidence_digest: str = strawberry.field(description="End of the evidence, in hex: what an approval is given over.")
    findings: list[MigrationFinding] = strawberry.field(description="What the preflight found.")
    forecast: MigrationForecast | None = strawberry.field(description="What the preflight expects of calls.")

    @resolved("The flow whose cadence changes.")
    async def flow(self, info: Info) -> InformationFlow | None:
        """Null when hub.yaml no longer has it."""
        return await InformationFlow.visible(info, self.flow_name)

    @resolved("How far the new lane has come with reading everything; null unless it is SEEDING or was paused there.")
    async def seeding(self, info: Info) -> MigrationSeeding | None:
        """Ask again to see it grow: subscribers are told of states and windows, not of pages."""
        async with info.context.reading() as connection:
            seeding = await seeding_of(connection, self.id)
        return None if seeding is None else MigrationSeeding.of(seeding)

    @resolved("The gates as they stand now.")
    async def gates(self, info: Info) -> list[MigrationGate]:
        """By the rules in force when it was planned."""
        async with info.context.reading() as connection:
            migration = await by_id(connection, self.id)
            gates = await gates_of(connection, info.context.hub.desk, migration, info.context.now())
        return [MigrationGate.of(gate) for gate in gates]

    @resolved("Its newest windows, the oldest of them first.")
    async def windows(self, info: Info, last: Count = 20) -> list[ParityRun]:
        """Parity windows before the cut-over, audits after it."""
        async with info.context.reading() as connection:
            rows = await windows_of(connection, self.id, _bounded(last, "last"))
        return [ParityRun.of(row) for row in rows]

    @resolved("Its evidence in order, behind row number `after`.")
    async def evidence(
        self,
        info: Info,
        after: Annotated[int, strawberry.argument(description="Number of the last row already known.")] = 0,
        first: Count = 20,
    ) -> list[MigrationEvidence]:
        """Append-only and chained by digest."""
        async with info.context.reading() as connection:
            rows = await evidence_rows(connection, self.id, max(after, 0), _bounded(first, "first"))
        return [MigrationEvidence.of(row) for row in rows]

    @resolved("Whether the chain of evidence holds, computed anew.")
    async def evidence_check(self, info: Info) -> EvidenceCheck:
        """Reads all of it."""
        async with info.context.reading() as connection:
            return EvidenceCheck.of(await verify_evidence(connection, self.id))

    @resolved("What the new lane has brought about since the cut-over, for a person to look at after a rollback.")
    async def undo(self, info: Info, first: Count = 20) -> list[UndoItem]:
        """Records first, then commands."""
        async with info.context.reading() as connection:
            items = await undo_list(connection, await by_id(connection, self.id))
        return [UndoItem.of(item) for item in items[: _bounded(first, "first")]]

    @classmethod
    def of(cls, row: MigrationRow) -> Self:
        """The type from its row."""
        preflight = row.preflight or {}
        forecast = preflight.get("forecast")
        return cls(
            id=row.id,
            flow_name=row.flow,
            from_cadence=FlowCadence(row.from_cadence),
            to_cadence=FlowCadence(row.to_cadence),
            state=MigrationState(row.state),
            paused_from=None if row.paused_from is None else MigrationState(row.paused_from),
            problem=row.problem,
            created_by=row.created_by,
            created_at=row.created_at,
            changed_at=row.changed_at,
            approved_by=row.approved_by,
            approved_at=row.approved_at,
            cut_over_at=row.cut_over_at,
            rolled_back_at=row.rolled_back_at,
            evidence_digest=row.evidence_digest.hex(),
            findings=[MigrationFinding.of(finding) for finding in preflight.get("findings", [])],
            forecast=None if forecast is None else MigrationForecast.of(forecast),
        )

    @classmethod
    async def visible(cls, info: Info, identity: UUID) -> Self | None:
        """The migration with this id, if there is one."""
        row = await info.context.loaders.migrations.load(identity)
        return None if row is None else cls.of(row)

    @classmethod
    async def latest(cls, info: Info, flow: str) -> Self | None:
        """The flow's open migration, else the one in which somebody acted last, if it ever had one."""
        row = await info.context.loaders.latest_migrations.load(flow)
        return None if row is None else cls.of(row)
