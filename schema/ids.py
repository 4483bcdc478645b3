"""Global ids: opaque to callers, `Type:key` in base64 to us."""

from __future__ import annotations

from uuid import UUID

from strawberry.relay import GlobalID

from hub.errors import NotFound


def uuid_of(identity: GlobalID, type_name: str) -> UUID:
    """The key inside an id of that type; NotFound for any other, since no object of the type can have it."""
    if identity.type_name != type_name:
        raise NotFound(f"there is no {type_name} with this id")
    try:
        return UUID(identity.node_id)
    except ValueError:
        raise NotFound(f"there is no {type_name} with this id") from None
