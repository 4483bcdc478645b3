"""States of what the hub itself keeps: connected systems, runs and quarantined objects."""

from enum import StrEnum


class SystemState(StrEnum):
    """How the hub stands with a package. SUSPENDED: its breaker is open; DISABLED: switched off by configuration."""

    ACTIVE = "ACTIVE"
    DEGRADED = "DEGRADED"
    SUSPENDED = "SUSPENDED"
    DISABLED = "DISABLED"


class BreakerState(StrEnum):
    """Whether a system is called. OPEN: no call is made until a probe is due; HALF_OPEN: only the probe."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"


class RunState(StrEnum):
    """Where a run stands. INTERRUPTED resumes by itself behind the last page it committed."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    INTERRUPTED = "INTERRUPTED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class QuarantineState(StrEnum):
    """What became of a quarantined object: applied after all, made irrelevant by a later content, given up."""

    OPEN = "OPEN"
    REPLAYED = "REPLAYED"
    SUPERSEDED = "SUPERSEDED"
    DISCARDED = "DISCARDED"


class ReceiptState(StrEnum):
    """What a connected system did about something that was asked of it. REFUSED: it said no, or was given up."""

    DONE = "DONE"
    REFUSED = "REFUSED"
    PENDING = "PENDING"
