"""From where a request comes and what it says that it is for, as the audit trail keeps it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Final
from uuid import UUID

from starlette.types import Scope
from strawberry.relay import GlobalID, GlobalIDValueError

from hub.errors import Invalid
from hub.store.origin import Origin

PURPOSE: Final = "x-hub-purpose"
SESSION: Final = "x-hub-session"

_CODE: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
"""A code and no sentence: nobody's name or number is to stand in the trail."""

_ID_LENGTH_MAX: Final = 200

PURPOSE_KEY: Final = PURPOSE.encode()
SESSION_KEY: Final = SESSION.encode()


def origin_of(scope: Scope) -> Origin:
    """Of an HTTP request or a socket; Invalid for a purpose or a session that cannot be one."""
    purpose = session = None
    for name, value in scope["headers"]:
        if name == PURPOSE_KEY:
            purpose = value.decode("latin-1")
        elif name == SESSION_KEY:
            session = value.decode("latin-1")
    return origin_given(host_of(scope), purpose, session)


def host_of(scope: Scope) -> str | None:
    """Of the peer, or what a trusted proxy says of him; None where there is none, as behind a Unix socket."""
    client = scope.get("client")
    return None if client is None else str(client[0])


def origin_in(payload: Mapping[str, object] | None, before: Origin) -> Origin:
    """What a WebSocket's connection_init adds to its head as `purpose` and `session`: browsers send no headers."""
    given = payload or {}
    purpose, session = given.get("purpose"), given.get("session")
    if not isinstance(purpose, str | None) or not isinstance(session, str | None):
        raise Invalid("`purpose` and `session` are texts")
    said = origin_given(before.address, purpose, session)
    return Origin(before.address, said.purpose or before.purpose, said.session or before.session)


@lru_cache(maxsize=4096)
def origin_given(host: str | None, purpose: str | None, session: str | None) -> Origin:
    """The same of its parts as they were sent."""
    if purpose is not None and not _CODE.fullmatch(purpose):
        raise Invalid("a purpose is a code of 1 to 64 of a-z, 0-9 and . _ -, such as `complaint`", (PURPOSE,))
    return Origin(_address(host), purpose, None if session is None else _session(session))


def _address(host: str | None) -> str | None:
    """In its one spelling; None for what is none, which only a trusted proxy could have sent."""
    try:
        address = ip_address(host or "")
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def _session(text: str) -> UUID:
    try:
        if len(text) > _ID_LENGTH_MAX:
            raise ValueError
        identity = GlobalID.from_id(text)
        if identity.type_name != "CustomerSession":
            raise ValueError
        return UUID(identity.node_id)
    except (GlobalIDValueError, ValueError):
        raise Invalid("this is no id of a CustomerSession", (SESSION,)) from None
