"""Words of the standard contact model: sessions, dialogs, commitments; the standard of each stands in its docstring."""

from enum import StrEnum


class SessionPhase(StrEnum):
    """The standard contact model's phases of one contact."""

    IDENTIFICATION = "IDENTIFICATION"
    EXPLORATION = "EXPLORATION"
    DIALOG = "DIALOG"
    WRAP_UP = "WRAP_UP"


class SessionState(StrEnum):
    """Dynamics LiveWorkItemState. TMF683: OPEN is opened, CLOSED completed, the rest inProgress."""

    OPEN = "OPEN"
    ACTIVE = "ACTIVE"
    WAITING = "WAITING"
    WRAP_UP = "WRAP_UP"
    CLOSED = "CLOSED"


class SessionResult(StrEnum):
    """How a session, or one leg of it, ended (the first three: BIAN). TRANSFERRED ends a leg, never the session."""

    COMPLETED = "COMPLETED"
    CUSTOMER_TERMINATED = "CUSTOMER_TERMINATED"
    TIMED_OUT = "TIMED_OUT"
    ABANDONED = "ABANDONED"
    TRANSFERRED = "TRANSFERRED"


class IdentificationLevel(StrEnum):
    """How sure the company is of whom it speaks with (BIAN); `rank` orders them."""

    ANONYMOUS = "ANONYMOUS"
    IDENTIFIED = "IDENTIFIED"
    AUTHENTICATED = "AUTHENTICATED"

    @property
    def rank(self) -> int:
        """0 for ANONYMOUS; a higher level includes the lower ones."""
        return list(IdentificationLevel).index(self)


class Direction(StrEnum):
    """TMF683: who began the contact. INBOUND: the customer."""

    INBOUND = "INBOUND"
    OUTBOUND = "OUTBOUND"


class Recognition(StrEnum):
    """What the clues of a contact came to. AMBIGUOUS: several customers answer, and none is picked."""

    RECOGNISED = "RECOGNISED"
    AMBIGUOUS = "AMBIGUOUS"
    UNKNOWN = "UNKNOWN"


class DialogState(StrEnum):
    """TMF701 TaskFlow; tasks of a request have the same states."""

    NEW = "NEW"
    ACTIVE = "ACTIVE"
    HOLD = "HOLD"
    CANCELLED = "CANCELLED"
    COMPLETED = "COMPLETED"


class DialogOutcome(StrEnum):
    """BIAN: what a dialog, or a task, came to."""

    SUCCESS = "SUCCESS"
    PENDING = "PENDING"
    REQUIRES_AUTHENTICATION = "REQUIRES_AUTHENTICATION"
    REQUIRES_APPROVAL = "REQUIRES_APPROVAL"
    FAILED_VALIDATION = "FAILED_VALIDATION"
    FAILED_AUTHENTICATION = "FAILED_AUTHENTICATION"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"
    ERROR_SYSTEM = "ERROR_SYSTEM"
    ERROR_UNKNOWN = "ERROR_UNKNOWN"


class CommitmentState(StrEnum):
    """Where a promise to a customer stands. BROKEN: it was due and nobody kept it; it may still be kept late."""

    OPEN = "OPEN"
    KEPT = "KEPT"
    BROKEN = "BROKEN"
    WITHDRAWN = "WITHDRAWN"


class Registration(StrEnum):
    """Which contacts Sales hears of. COMMERCIAL: those with a commercial topic, a quote or a sale."""

    ALL = "ALL"
    COMMERCIAL = "COMMERCIAL"
    NONE = "NONE"


class TimelineKind(StrEnum):
    """What an entry of a customer's history tells."""

    SESSION_STARTED = "SESSION_STARTED"
    SESSION_MOVED = "SESSION_MOVED"
    SESSION_ENDED = "SESSION_ENDED"
    DIALOG_ENDED = "DIALOG_ENDED"
    REQUEST_OPENED = "REQUEST_OPENED"
    REQUEST_CHANGED = "REQUEST_CHANGED"
    COMMITMENT_MADE = "COMMITMENT_MADE"
    COMMITMENT_CHANGED = "COMMITMENT_CHANGED"
    LEAD_OPENED = "LEAD_OPENED"
    LEAD_CHANGED = "LEAD_CHANGED"
    LEAD_ANSWERED = "LEAD_ANSWERED"
    MEDIUM_UNDELIVERABLE = "MEDIUM_UNDELIVERABLE"
    MEDIUM_CORRECTED = "MEDIUM_CORRECTED"
    OFFER_ANSWERED = "OFFER_ANSWERED"
    MESSAGE_SENT = "MESSAGE_SENT"
