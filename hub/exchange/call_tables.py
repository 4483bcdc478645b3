"""What all processes share about calls to a system: its budget and its breaker."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from hub.store.metadata import Table


class SystemBudget(Table):
    """Calls spent at a system in the window of a minute that began at `window_start`.

    `window_limit` is the limit now in force: the declared one, or less after the system asked for patience.
    `blocked_until`: it named a time before which it takes none. `told_remaining` more calls are left until `told_until`
    by the system's own word, less those spent since.
    """

    __tablename__ = "system_budget"

    system: Mapped[str] = mapped_column(primary_key=True)
    window_start: Mapped[datetime]
    window_limit: Mapped[int]
    spent_realtime: Mapped[int] = mapped_column(server_default=text("0"))
    spent_bulk: Mapped[int] = mapped_column(server_default=text("0"))
    blocked_until: Mapped[datetime | None]
    told_remaining: Mapped[int | None]
    told_until: Mapped[datetime | None]


class SystemBreaker(Table):
    """Whether a system is called at all. No row: it never failed.

    `failures` counts those in a row. `openings` counts failed probes in a row and the first opening. `retry_at`: when
    a probe is due. `probe_until`: until then somebody is probing. `reason` is the code of the last failure.
    """

    __tablename__ = "system_breaker"

    system: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(server_default=text("'CLOSED'"))
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    openings: Mapped[int] = mapped_column(server_default=text("0"))
    opened_at: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]
    probe_until: Mapped[datetime | None]
    reason: Mapped[str | None]
