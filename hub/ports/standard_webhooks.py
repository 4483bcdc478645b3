"""Signatures as https://www.standardwebhooks.com/ describes them, for any adapter whose package follows it."""

from __future__ import annotations

import hmac
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from pydantic import AfterValidator, SecretStr
from standardwebhooks.webhooks import Webhook

from hub.errors import Unauthorised
from hub.ports.webhooks import Delivery

TOLERANCE: Final = timedelta(minutes=5)
"""How far a sender's clock may be from ours, and how long a recorded call can be repeated."""

HEADERS: Final = ("webhook-id", "webhook-timestamp", "webhook-signature")


def _checked(secret: SecretStr) -> SecretStr:
    try:
        # The library passes over characters that are no base64, and would then verify nothing at all.
        key = b64decode(f"{secret.get_secret_value().removeprefix('whsec_')}==", validate=True)
    except NotBase64:
        key = b""
    if not key:
        raise ValueError("a webhook secret is `whsec_` and base64")
    return secret


StandardSecret = Annotated[SecretStr, AfterValidator(_checked)]
"""An option that holds a secret of this scheme."""


class StandardSignatures:
    """Accepts what any one of `secrets` signed (`whsec_` and base64), so that a secret can be changed without a gap.

    The library signs and this compares, because its own verification reads the machine's clock.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        self._signers = [Webhook(secret) for secret in secrets]

    def verify(self, delivery: Delivery) -> str:
        """The message id; Unauthorised when headers are missing, the call is stale or no secret fits."""
        message_id, stamp, given = (delivery.headers.get(name, "") for name in HEADERS)
        if not message_id or not given:
            raise Unauthorised("the call carries no webhook signature")
        sent_at = fresh(stamp, delivery.received_at)
        try:
            text = delivery.body.decode()
        except UnicodeDecodeError:
            raise Unauthorised("the call's body is not UTF-8") from None
        known = [signer.sign(message_id, sent_at, text).encode() for signer in self._signers]
        # Every comparison is made, so that the time taken does not tell which one fitted.
        fits = [hmac.compare_digest(ours, theirs.encode()) for ours in known for theirs in given.split(" ")]
        if not any(fits):
            raise Unauthorised("the call's signature does not fit")
        return message_id


def fresh(stamp: str, received_at: datetime) -> datetime:
    """The instant in `stamp` (whole seconds since 1970); Unauthorised when it is none or too far from `received_at`."""
    # Eleven digits end in the year 5138, which a datetime can hold.
    if not stamp.isascii() or not stamp.isdecimal() or len(stamp) > 11:
        raise Unauthorised("the call tells no time")
    sent_at = datetime.fromtimestamp(int(stamp), UTC)
    if abs(received_at - sent_at) > TOLERANCE:
        raise Unauthorised("the call is too old, or from a clock that is wrong")
    return sent_at
