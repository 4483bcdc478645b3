"""BottleCRM's JSON, checked as far as the hub relies on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from adapters.bottlecrm.entities import NUMBER, Resource
from hub.errors import Rejected
from hub.records.source import JsonObject, JsonValue


def rows_of(content: bytes, keys: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of a list under these keys, outermost first."""
    found = _loaded(content)
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise Rejected(f"BottleCRM's list has no {'.'.join(keys)}: is it another version?")
    return found


def row_of(content: bytes, key: str) -> dict[str, Any]:
    """The record of its own page."""
    found = _loaded(content)
    row = found.get(key) if isinstance(found, dict) else None
    if not isinstance(row, dict):
        raise Rejected(f"BottleCRM's page has no {key}: is it another version?")
    return row


def id_of(content: bytes) -> str | None:
    """The id in the answer to a create."""
    found = _loaded(content)
    made = found.get("id") if isinstance(found, dict) else None
    return made if isinstance(made, str) else None


def body_of(resource: Resource, row: Mapping[str, Any]) -> JsonObject:
    """The fields the hub reads; of people and contacts linked to it only who they are."""
    missing = [name for name in resource.fields if name not in row]
    if missing:
        raise Rejected(f"BottleCRM sent a {resource.event} without {', '.join(missing)}: is it another version?")
    return {name: _plain(name, row[name]) for name in resource.fields}


def _plain(name: str, value: Any) -> JsonValue:
    match name:
        case "contacts":
            return [{"id": str(one["id"])} for one in value]
        case "assigned_to":
            return [{"id": str(one["id"]), "name": one["user_details"]["name"]} for one in value]
        case "custom_fields":
            # A company's other fields are nothing that the hub reads.
            return {NUMBER: (value or {}).get(NUMBER)}
    plain: JsonValue = value
    return plain


def refused_fields(content: bytes) -> str:
    """The fields that a refusal names; its texts may repeat values."""
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        return "it gives no reason"
    errors = found.get("errors", found) if isinstance(found, dict) else None
    return ", ".join(sorted(errors)) if isinstance(errors, dict) else "its own log tells why"


def _loaded(content: bytes) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        raise Rejected("BottleCRM answered with something else than JSON: is `url` right?") from None
