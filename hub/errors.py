"""Every error of the hub, grouped by how one recovers from it.

HubError
├── Transient        the same call may succeed later; may carry `retry_after_s`
│   ├── NothingWaiting  a source of complete sets has no new one; no fault of the system, so no breaker counts it
│   ├── Throttled    the budget of calls is spent, or the system asked for patience; always carries `retry_after_s`
│   ├── Suspended    the system's breaker is open: it was not called
│   ├── RateLimited  the caller asks more often than he may; always carries `retry_after_s`
│   └── TooManyAtOnce  the caller has as much under way as he may; always carries `retry_after_s`
├── Unauthorised     who you are, or what you may do, is not enough
│   └── Forbidden    known and still not allowed: another token would not help
│       └── UntrustedDocument  the installation answers the documents of its manifest only
├── Rejected         the remote system understood and said no
├── Conflict         the state moved on: read again, then decide
│   ├── StaleEpoch   a lane wrote after its flow was cut over to another lane
│   ├── Overtaken    a run or a lane that works beside the one that counts has no part in the flow any more
│   │   └── InOtherHands  another worker has taken the run on: whoever stalled with it leaves it to him
│   ├── Frozen       a system's objects no longer look as agreed, and the contract says to stop
│   ├── SlowSubscriber  cut off from the change feed; carries the cursor to come back with
│   └── CursorTooOld    the feed cannot go on from this cursor: read afresh, subscribe without one
├── NotFound         no such thing, or not for you
│   └── UnknownDocument  no document under this id or hash: send its text once
└── Invalid          the input cannot be accepted as it is
    ├── Ambiguous    several objects answer to it: ask for something more precise
    ├── TooMany      more at once than is taken; send it in parts
    ├── TooLong      a document with more characters than are read
    ├── TooCostly    the operation would read more than the caller may ask for at a time
    ├── InTheFuture  it is told for a time that has not come: the caller's clock is wrong
    ├── OtherCustomer  it refers to something that belongs to another customer
    ├── Drifted      an object does not look as its contract says
    ├── Unmapped     a package's value has no entry in the mapping's table
    └── Misconfigured  hub.yaml, with one finding per mistake

Messages are safe to show to a caller: they hold identifiers, never personal data or secrets. `code` is stable and
part of the GraphQL contract.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class HubError(Exception):
    """Root of the tree; raise a subclass that says how to recover."""

    code = "INTERNAL"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Transient(HubError):
    """Try again later, not before `retry_after_s` seconds when the other side said so."""

    code = "UNAVAILABLE"

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class NothingWaiting(Transient):
    """No complete set waits to be pulled. An empty run instead would read as "everything was deleted"."""

    code = "NOTHING_WAITING"


class Throttled(Transient):
    """No call to the system for `retry_after_s` seconds; the call was not made, or had no effect."""

    code = "THROTTLED"

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message, retry_after_s)
        self.after_s = retry_after_s


class Suspended(Transient):
    """The system failed several times in a row; nothing is asked of it before a probe finds it well."""

    code = "SYSTEM_SUSPENDED"

    def __init__(self, system: str) -> None:
        super().__init__(f"system {system} does not answer: calls wait until it does")
        self.system = system


class RateLimited(Transient):
    """The caller's own rate is spent; nothing was done."""

    code = "RATE_LIMITED"


class TooManyAtOnce(Transient):
    """As many operations or subscriptions of the caller are under way as may be; nothing was done."""

    code = "TOO_MANY_AT_ONCE"


class Unauthorised(HubError):
    """Not identified, or identified and not allowed."""

    code = "UNAUTHORISED"


class Forbidden(Unauthorised):
    """The caller is known and may not do this; a fresh login of the same person changes nothing."""

    code = "FORBIDDEN"


class UntrustedDocument(Forbidden):
    """This installation answers the documents of its manifest, and the caller sent another."""

    code = "UNTRUSTED_DOCUMENT"

    def __init__(self) -> None:
        super().__init__("only trusted documents are answered here: send the documentId of one")


class Rejected(HubError):
    """The remote system refused the call for a reason that a repeat does not change."""

    code = "REJECTED"


class Conflict(HubError):
    """The object changed since it was read, or another process holds it."""

    code = "CONFLICT"


class StaleEpoch(Conflict):
    """A write under an epoch that a cut-over has ended; nothing of it was kept."""

    code = "STALE_EPOCH"

    def __init__(self, flow: str, lane_epoch: int, flow_epoch: int) -> None:
        super().__init__(f"flow {flow} is at epoch {flow_epoch}; this lane still writes for epoch {lane_epoch}")
        self.flow, self.lane_epoch, self.flow_epoch = flow, lane_epoch, flow_epoch


class Overtaken(Conflict):
    """Nothing of it was kept, and nobody has to do anything: what the lane has to do by now was queued in its place."""

    code = "OVERTAKEN"


class InOtherHands(Overtaken):
    """Another worker has taken the run on since, or has brought it to its end: it is his alone."""


class Frozen(Conflict):
    """A page held drift under the policy FREEZE; nothing of it was applied. Change the contract, then run again."""

    code = "CONTRACT_FROZEN"


class SlowSubscriber(Conflict):
    """More changes wait for a subscriber than are kept for one; `cursor` follows the last one it was given."""

    code = "SLOW_SUBSCRIBER"

    def __init__(self, cursor: str) -> None:
        super().__init__("changes came faster than they were read; subscribe again with the last cursor")
        self.cursor = cursor


class CursorTooOld(Conflict):
    """Changes after this cursor are no longer kept, or the feed never reached it (a restored database)."""

    code = "CURSOR_TOO_OLD"

    def __init__(self) -> None:
        super().__init__("the change feed cannot go on from this cursor; read afresh and subscribe without one")


class NotFound(HubError):
    """Nothing under that identifier that this caller may see."""

    code = "NOT_FOUND"


class UnknownDocument(NotFound):
    """No document under this id or hash; code and message are what clients of persisted queries wait for."""

    code = "PERSISTED_QUERY_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotFound")


class Invalid(HubError):
    """The input breaks a rule; `path` names the place inside it, outermost first."""

    code = "INVALID"

    def __init__(self, message: str, path: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.path = tuple(path)


class Ambiguous(Invalid):
    """More than one object answers to what was asked; none is picked, since a guess would show somebody else's data."""

    code = "AMBIGUOUS"


class TooMany(Invalid):
    """More elements at once than one call takes; nothing of it was done."""

    code = "TOO_MANY"


class TooLong(Invalid):
    """The document was not read."""

    code = "TOO_LARGE"


class TooCostly(Invalid):
    """The operation's cost, computed before it is executed, is beyond what the caller's role allows."""

    code = "TOO_COSTLY"


class InTheFuture(Invalid):
    """A time that has not come yet; nothing can have happened then."""

    code = "IN_THE_FUTURE"


class OtherCustomer(Invalid):
    """What is referred to belongs to another customer than the one who is named."""

    code = "OTHER_CUSTOMER"


class Drifted(Invalid):
    """An object differs from its contract in a way that keeps it out: quarantined."""

    code = "CONTRACT_DRIFT"


class Unmapped(Invalid):
    """A value the package sent is not in the mapping's value table: quarantined, never guessed."""

    code = "UNMAPPED"


@dataclass(frozen=True)
class Finding:
    """One mistake in a configuration file; `line` counts from 1, `allowed` tells how to mend it."""

    file: str
    line: int
    message: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message} ({self.allowed})"


class Misconfigured(Invalid):
    """All mistakes of a configuration at once."""

    code = "MISCONFIGURED"

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("\n".join(str(finding) for finding in findings))
        self.findings = tuple(findings)
