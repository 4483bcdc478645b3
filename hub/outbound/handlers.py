"""What workers do for outbound channels."""

from __future__ import annotations

from hub.outbound.print_run import PrintLetters
from hub.outbound.print_runs import PRINT
from hub.outbound.queue_mail import SEND_MAIL
from hub.outbound.room import OutboundRoom
from hub.outbound.send_mail import SendMail
from hub.work.work import LEASE_S, Handlers, RegisteredHandler


def outbound_handlers(room: OutboundRoom, lease_s: float = LEASE_S) -> Handlers:
    """Both may be repeated: each looks first how far an earlier attempt came."""
    return {
        SEND_MAIL: RegisteredHandler(SendMail(room), repeatable=True, lease_s=lease_s),
        PRINT: RegisteredHandler(PrintLetters(room), repeatable=True, lease_s=lease_s),
    }
