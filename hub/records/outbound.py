"""Words of outbound execution (flow 10): kinds of channels, states of a delivery, and why it ended."""

from enum import StrEnum


class ChannelKind(StrEnum):
    """How a channel delivers: a mail each, a run of letters, a list that agents call from."""

    EMAIL = "EMAIL"
    PRINT = "PRINT"
    CALL_LIST = "CALL_LIST"


class DeliveryState(StrEnum):
    """Where one delivery of a lead stands (TMF681 message states, finer where it matters).

    CLAIMED: a sender, a print run or an agent has it and may still give it back. SENDING: from here on it may have
    left. UNKNOWN: it may or may not have left, and nobody sends it again before someone has decided.
    """

    PLANNED = "PLANNED"
    CLAIMED = "CLAIMED"
    SENDING = "SENDING"
    SENT = "SENT"
    UNKNOWN = "UNKNOWN"
    FAILED = "FAILED"
    BOUNCED = "BOUNCED"
    STOPPED = "STOPPED"
    EXPIRED = "EXPIRED"


class DeliveryReason(StrEnum):
    """Why a delivery is in its state."""

    NO_CONSENT = "NO_CONSENT"
    NOT_REACHABLE = "NOT_REACHABLE"
    RESPONDED = "RESPONDED"
    LEAD_ENDED = "LEAD_ENDED"
    REFUSED = "REFUSED"
    REFUSED_FOR_NOW = "REFUSED_FOR_NOW"
    UNANSWERED = "UNANSWERED"
    INTERRUPTED = "INTERRUPTED"
    RETURNED = "RETURNED"
    NO_ANSWER = "NO_ANSWER"
    TOO_LATE = "TOO_LATE"
    RELEASED = "RELEASED"
    SETTLED = "SETTLED"


class PrintRunState(StrEnum):
    """OPEN: letters are taken out and come in. CLOSED: its letters are fixed. STAGED: written. DELIVERED: handed on."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"
    STAGED = "STAGED"
    DELIVERED = "DELIVERED"


class CallOutcome(StrEnum):
    """What a call came to. REACHED: spoken with; what the customer said is the lead's response."""

    REACHED = "REACHED"
    NO_ANSWER = "NO_ANSWER"
    WRONG_NUMBER = "WRONG_NUMBER"


class UnknownRule(StrEnum):
    """What becomes of a mail of which nobody knows whether it left. HOLD: a person decides. SENT: it counts as sent."""

    HOLD = "HOLD"
    SENT = "SENT"


class MailTls(StrEnum):
    """How the connection to the mail server is protected. NONE only for a server on the same machine or network."""

    NONE = "NONE"
    STARTTLS = "STARTTLS"
    TLS = "TLS"
