"""Refusals in Tryton's words to the hub's errors, grouped by how one recovers."""

from __future__ import annotations

import re
from http import HTTPStatus

from adapters.tryton.connection import Reply
from adapters.tryton.wire import Fault
from hub.errors import Conflict, HubError, Rejected, Transient, Unauthorised

LOCK_OUT_S = 300.0
"""How long five failed logins lock a user out: Tryton's `[session] timeout` as shipped."""

_QUOTED = re.compile(r'["“”«»„].*["“”«»„]', re.DOTALL)


def refusal_of(reply: Reply, method: str) -> HubError | None:
    """What an HTTP status other than 200 means; None when the answer is worth reading.

    Tryton answers 403 to a method it does not offer, never to an expired session (that is 401).
    """
    match reply.status:
        case HTTPStatus.OK:
            return None
        case HTTPStatus.TOO_MANY_REQUESTS:
            return Transient("Tryton asks for patience", reply.retry_after_s or LOCK_OUT_S)
        case HTTPStatus.UNAUTHORIZED:
            return Unauthorised(f"Tryton did not accept the session for {method}")
        case HTTPStatus.FORBIDDEN:
            return Unauthorised(f"Tryton does not offer {method} here: is its module activated?")
        case HTTPStatus.NOT_FOUND:
            return Rejected("Tryton knows no database of this name, or there is no Tryton at this address")
        case _:
            return Rejected(f"Tryton refused {method} with HTTP {reply.status}")


def error_of(fault: Fault, method: str) -> HubError:
    """What an error inside an HTTP 200 means.

    Tryton's texts name records and values; it quotes them, and everything from the first to the last quote is left
    out. Errors of other kinds (a database's, Python's) are not quoted and come without their text.
    """
    match fault.kind:
        case "ConcurrencyException":
            return Conflict("Tryton: the record was changed by somebody else in the meantime")
        case "UserError" | "UserWarning":
            return Rejected(f"Tryton refused {method}: {_without_data(fault)}")
        case "LoginException":
            return Unauthorised("Tryton asks for more than a password to log in")
        case "RateLimitException":
            return Transient("Tryton asks for patience", LOCK_OUT_S)
        case _:
            return Rejected(f"Tryton failed in {method}; its own log tells why")


def _without_data(fault: Fault) -> str:
    # A warning is [the key by which a client would confirm it, text, description], an error [text, description].
    text = fault.texts[1 if fault.kind == "UserWarning" else 0]
    return _QUOTED.sub("[...]", text).splitlines()[0]
