"""Systems, flows, lanes, what the hub last wrote to each target, commands on their way, events that came in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.store.metadata import Table

_COLLECTED = "state = 'COLLECTED'"
_SETTLED = "state IN ('DONE', 'MERGED', 'CANCELLED') AND changes <> '[]'"


class ConnectedSystem(Table):
    """A package as the hub last met it; `state` is ACTIVE, DEGRADED, SUSPENDED or DISABLED."""

    __tablename__ = "connected_system"

    name: Mapped[str] = mapped_column(primary_key=True)
    adapter: Mapped[str]
    roles: Mapped[list[str]]
    state: Mapped[str] = mapped_column(server_default=text("'ACTIVE'"))
    last_answer_at: Mapped[datetime | None]
    last_error_at: Mapped[datetime | None]
    last_error_code: Mapped[str | None]


class InformationFlow(Table):
    """One exchange. `epoch` fences writers: a lane may write only while its own epoch equals it.

    `consent` is what a customer must have allowed, with the flow's `fields`; `consent_told`: what was told before is
    known to be so.
    """

    __tablename__ = "information_flow"

    name: Mapped[str] = mapped_column(primary_key=True)
    business_flow: Mapped[int]
    title: Mapped[str]
    planned: Mapped[bool] = mapped_column(server_default=text("false"))
    entity: Mapped[str | None]
    source: Mapped[str | None]
    target: Mapped[str | None]
    epoch: Mapped[int] = mapped_column(server_default=text("1"))
    prerequisites: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    consent: Mapped[dict[str, object] | None]
    consent_told: Mapped[bool] = mapped_column(server_default=text("false"))


class ConsentSweep(Table):
    """A flow whose consent changed or fell away: its customers up to `after`, by id, have been held to the new one.

    `fields` are the golden ones that the flow keeps equal. The row is gone once all have been. It is not in the flow's
    row, which every page and command holds: under load that is never free.
    """

    __tablename__ = "consent_sweep"

    flow: Mapped[str] = mapped_column(primary_key=True)
    after: Mapped[UUID]
    fields: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))


class Lane(Table):
    """A flow's road at one cadence; exactly one lane of a flow is AUTHORITATIVE.

    `via` is the system it comes by, where that is not the flow's source; hub.yaml alone says so. `twins_since` is when
    a lane beside the authority began to fill its twins, in the hub's time. `settle_s`: see hub.yaml.
    """

    __tablename__ = "lane"
    __table_args__ = (
        UniqueConstraint("flow", "cadence"),
        Index("uq_lane_authoritative", "flow", unique=True, postgresql_where=text("mode = 'AUTHORITATIVE'")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    flow: Mapped[str] = mapped_column(ForeignKey("information_flow.name"))
    cadence: Mapped[str]
    mode: Mapped[str]
    via: Mapped[str | None]
    settle_s: Mapped[int] = mapped_column(server_default=text("60"))
    twins_since: Mapped[datetime | None]
    epoch: Mapped[int] = mapped_column(server_default=text("1"))


class TargetImage(Table):
    """The value of each field the hub last wanted at a target; a difference with it makes a command.

    `wanted` maps a change's path, joined by slashes, to the value; `version` counts the differences sent. `told` maps
    the fields of a customer behind a gate of consent to what has left, null once it was withdrawn.
    """

    __tablename__ = "target_image"

    target: Mapped[str] = mapped_column(primary_key=True)
    entity: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    wanted: Mapped[dict[str, object]]
    told: Mapped[dict[str, object] | None]
    updated_at: Mapped[datetime]


class OutboundCommand(Table):
    """One effect wanted at a target; `key` is unique per (target, entity, object, target version) and not per lane.

    `state`: COLLECTED (waits for its lane's next batch), PENDING, SENT, DONE, REFUSED, UNKNOWN (the answer never came),
    DEAD (given up after retries), MERGED (`carried_by` holds the net effect in its place), CANCELLED.
    `lane_id` and `epoch`: who carries it; `run_id`: in which batch. `sent_at` stands once it may have left.
    `object_id` is the external id, or the key of a CREATE. A net effect spans `from_version` to `version`, wanted from
    `wanted_from` to `created_at`; for a single one both ends are equal. `changes` is emptied long after a good end.
    """

    __tablename__ = "outbound_command"
    __table_args__ = (
        Index("ix_outbound_command_object", "target", "entity", "external_id"),
        Index("ix_outbound_command_collected", "flow", "object_id", "version", postgresql_where=text(_COLLECTED)),
        Index("ix_outbound_command_collected_line", "flow", "line", postgresql_where=text(_COLLECTED)),
        Index("ix_outbound_command_run", "run_id", postgresql_where=text("run_id IS NOT NULL")),
        Index("ix_outbound_command_lane", "lane_id", "created_at"),
        Index("ix_outbound_command_settled", "finished_at", postgresql_where=text(_SETTLED)),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    flow: Mapped[str] = mapped_column(ForeignKey("information_flow.name"))
    lane_id: Mapped[int | None] = mapped_column(ForeignKey("lane.id"))
    epoch: Mapped[int] = mapped_column(server_default=text("1"))
    run_id: Mapped[UUID | None]
    target: Mapped[str]
    entity: Mapped[str]
    operation: Mapped[str]
    object_id: Mapped[str]
    external_id: Mapped[str | None]
    line: Mapped[str]
    changes: Mapped[list[object]]
    from_version: Mapped[int]
    version: Mapped[int]
    state: Mapped[str] = mapped_column(server_default=text("'PENDING'"))
    carried_by: Mapped[UUID | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    outcome_code: Mapped[str | None]
    outcome_message: Mapped[str | None]
    wanted_from: Mapped[datetime]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class ShadowCommand(Table):
    """What a SHADOW or VERIFY lane would send and never does; `left_at` is empty while it waits for the lane's batch.

    Columns as in outbound_command; `at` is when the (last) change was wanted.
    """

    __tablename__ = "shadow_command"
    __table_args__ = (
        UniqueConstraint("lane_id", "key"),
        Index("ix_shadow_command_waiting", "lane_id", "object_id", "version", postgresql_where=text("left_at IS NULL")),
        Index("ix_shadow_command_lane", "lane_id", "at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lane_id: Mapped[int] = mapped_column(ForeignKey("lane.id"))
    key: Mapped[str]
    target: Mapped[str]
    entity: Mapped[str]
    operation: Mapped[str]
    object_id: Mapped[str]
    external_id: Mapped[str | None]
    line: Mapped[str]
    changes: Mapped[list[object]]
    from_version: Mapped[int]
    version: Mapped[int]
    wanted_from: Mapped[datetime]
    at: Mapped[datetime]
    left_at: Mapped[datetime | None]


class EventState(StrEnum):
    """NEW: not taken in yet. APPLIED: some lane took it in. IGNORED: none was there to take it."""

    NEW = "NEW"
    APPLIED = "APPLIED"
    IGNORED = "IGNORED"


class InboxEvent(Table):
    """An event a system pushed, stored once under (system, event_id) before it is understood.

    `body` is encrypted; `headers` are the few that its adapter needs to read it. Its work is a dispatch row.
    """

    __tablename__ = "inbox_event"
    __table_args__ = (
        Index("ix_inbox_event_received", "received_at"),
        Index("ix_inbox_event_waiting", "system", "received_at", postgresql_where=text("state = 'NEW'")),
    )

    system: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(primary_key=True)
    received_at: Mapped[datetime]
    subject_key_id: Mapped[UUID] = mapped_column(ForeignKey("subject_key.id"))
    headers: Mapped[dict[str, object]] = mapped_column(server_default=text("'{}'::jsonb"))
    body: Mapped[bytes]
    state: Mapped[str] = mapped_column(server_default=text("'NEW'"))
    settled_at: Mapped[datetime | None]
