"""Global ids: opaque to callers, `Type:key` in base64 to us."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from strawberry.relay import GlobalID

from hub.errors import NotFound

DIGITS_OF_BIGINT: Final = 19


def uuid_of(identity: GlobalID, type_name: str) -> UUID:
    """The key inside an id of that type; NotFound for any other, since no object of the type can have it."""
    if identity.type_name != type_name:
        raise NotFound(f"there is no {type_name} with this id")
    try:
        return UUID(identity.node_id)
    except ValueError:
        raise NotFound(f"there is no {type_name} with this id") from None


def number_of(identity: GlobalID, type_name: str) -> int:
    """As `uuid_of`, for objects that are numbered."""
    number = number_in(identity.node_id)
    if identity.type_name != type_name or number is None:
        raise NotFound(f"there is no {type_name} with this id")
    return number


def number_in(key: str) -> int | None:
    """The number that a key is; None for what cannot be one of ours."""
    return int(key) if key.isascii() and key.isdigit() and len(key) < DIGITS_OF_BIGINT else None
