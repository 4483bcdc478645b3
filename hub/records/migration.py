"""The words of cadence migrations and of the evidence they gather."""

from enum import StrEnum


class MigrationState(StrEnum):
    """Where a migration stands; docs/architecture.md draws which state may follow which."""

    DRAFT = "DRAFT"
    PREFLIGHT = "PREFLIGHT"
    SEEDING = "SEEDING"
    SHADOW = "SHADOW"
    GATED = "GATED"
    APPROVED = "APPROVED"
    CUTTING_OVER = "CUTTING_OVER"
    OBSERVING = "OBSERVING"
    COMPLETED = "COMPLETED"
    PAUSED = "PAUSED"
    ABORTED = "ABORTED"
    ROLLING_BACK = "ROLLING_BACK"
    ROLLED_BACK = "ROLLED_BACK"


class DifferenceKind(StrEnum):
    """How the candidate differs from the incumbent over one object.

    MISSING: only the incumbent has it. EXTRA: only the candidate has it. DELETE: one side holds it deleted. STALE: one
    side is behind: the candidate never saw the incumbent's value, or left it for one that is newer at the source.
    ORDER: it saw it and went back to another. VALUE: both saw the same version of the source and read different values
    in it. LATE: the source changed inside or after the window, which explains it. DOUBLED: an effect at a target would
    happen more than once.
    """

    MISSING = "MISSING"
    EXTRA = "EXTRA"
    VALUE = "VALUE"
    STALE = "STALE"
    LATE = "LATE"
    DELETE = "DELETE"
    ORDER = "ORDER"
    DOUBLED = "DOUBLED"


class Verdict(StrEnum):
    """What reading the object at the source said of a difference.

    MOVED: the source's version is newer than the window, so it proves nothing and the next window looks again.
    UNREFEREED: the source cannot be read by id.
    """

    INCUMBENT_WRONG = "INCUMBENT_WRONG"
    CANDIDATE_WRONG = "CANDIDATE_WRONG"
    BOTH_STALE = "BOTH_STALE"
    MOVED = "MOVED"
    UNREFEREED = "UNREFEREED"
