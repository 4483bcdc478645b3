"""Work on its way, the lines it stands in, and the schedules that make more of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Identity, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.store.metadata import Table


class Queue(StrEnum):
    """One per kind of lane, plus `system` for the hub's own chores; each has workers of its own."""

    REALTIME = "realtime"
    DAILY = "daily"
    HOURLY = "hourly"
    WEEKLY = "weekly"
    SHADOW = "shadow"
    VERIFY = "verify"
    REPLAY = "replay"
    SYSTEM = "system"


class WorkState(StrEnum):
    """READY -> SENT (on the broker) -> RUNNING -> DONE or DEAD; all other states are open too.

    WAITING stands in a line behind another. PARKED and UNKNOWN (an effect may or may not have happened) wait for a
    decision and hold their line, because what follows them may not overtake.
    """

    READY = "READY"
    WAITING = "WAITING"
    SENT = "SENT"
    RUNNING = "RUNNING"
    DONE = "DONE"
    PARKED = "PARKED"
    DEAD = "DEAD"
    UNKNOWN = "UNKNOWN"


AT_HEAD = "state IN ('READY', 'SENT', 'RUNNING', 'PARKED', 'UNKNOWN')"
"""Of each line at most one row: the database refuses a second. A condition must repeat these words to use the index."""


class Dispatch(Table):
    """One piece of work; this row is the truth, the message on the broker only names it.

    `payload` holds ids only. Only the head of a `line` may run, the others are WAITING and follow in order of id.
    Smaller `priority` goes first. `lease_owner` is the process that sent it, then the one that runs it. `attempts`
    counts its starts, so that an attempt that was given up cannot speak for its successor. `context` goes to the log.
    `waits_for`: what a PARKED row waits for where that is not a person (release.py).
    """

    __tablename__ = "dispatch"
    __table_args__ = (
        Index("ix_dispatch_ready", "queue", "priority", "ready_at", "id", postgresql_where=text("state = 'READY'")),
        Index("ix_dispatch_in_flight", "lease_owner", "queue", postgresql_where=text("state IN ('SENT', 'RUNNING')")),
        Index("uq_dispatch_head", "line", unique=True, postgresql_where=text(f"line IS NOT NULL AND {AT_HEAD}")),
        Index("ix_dispatch_waiting", "line", "id", postgresql_where=text("state = 'WAITING'")),
        Index(
            "ix_dispatch_stuck",
            "state",
            "queue",
            "id",
            postgresql_where=text("state IN ('DEAD', 'UNKNOWN', 'PARKED')"),
        ),
        Index("ix_dispatch_waits_for", "ready_at", postgresql_where=text("waits_for IS NOT NULL")),
        Index("ix_dispatch_finished", "finished_at", postgresql_where=text("finished_at IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str]
    queue: Mapped[str]
    line: Mapped[str | None]
    payload: Mapped[dict[str, object]]
    state: Mapped[str]
    priority: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    ready_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    lease_owner: Mapped[str | None]
    dedupe_key: Mapped[str | None] = mapped_column(unique=True)
    last_error_code: Mapped[str | None]
    last_error_message: Mapped[str | None]
    waits_for: Mapped[str | None]
    context: Mapped[dict[str, object]] = mapped_column(server_default=text("'{}'::jsonb"))
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class DispatchLine(Table):
    """A line's lock and nothing else: whoever joins or leaves the line holds this row, so a missing row means nothing.

    Rows and not advisory locks, because a page may join hundreds of lines and those would fill the server's lock table.
    """

    __tablename__ = "dispatch_line"

    line: Mapped[str] = mapped_column(primary_key=True)
    joined_at: Mapped[datetime]


class Schedule(Table):
    """A recurring dispatch. `cron` is read in `time_zone` (an IANA name); `last_dispatch_id` is its latest firing."""

    __tablename__ = "schedule"
    __table_args__ = (Index("ix_schedule_due", "next_run_at", postgresql_where=text("enabled")),)

    name: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    queue: Mapped[str]
    payload: Mapped[dict[str, object]]
    cron: Mapped[str]
    time_zone: Mapped[str]
    next_run_at: Mapped[datetime]
    misfire: Mapped[str]
    overlap: Mapped[str]
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    last_dispatch_id: Mapped[int | None] = mapped_column(BigInteger)
