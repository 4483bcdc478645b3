"""Tryton's JSON-RPC on the wire: bytes to plain JSON words and back (trytond/protocols/jsonrpc.py, series 8.2).

Typed values travel as objects with a `__class__`. Read, they become JSON that the hub can keep: a Decimal a string,
a date `YYYY-MM-DD`, a date and time ISO 8601 with `+00:00` (Tryton stores UTC without saying so), a span its seconds.
A nested field such as `country.code` comes back under `country.`, trailing dot included; here the dot is dropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeAlias, cast

import orjson

from hub.errors import Rejected
from hub.records.source import JsonObject, JsonValue

WireValue: TypeAlias = (
    "str | int | float | bool | Decimal | date | datetime | Sequence[WireValue] | Mapping[str, WireValue] | None"
)
"""What may stand in a call's parameters. A float is for stored floats only: an amount must be a Decimal."""


@dataclass(frozen=True, slots=True)
class Fault:
    """An error that Tryton answered with HTTP 200: its kind and the texts, which may hold personal data."""

    kind: str
    texts: tuple[str, ...]


def encoded_call(method: str, parameters: Sequence[WireValue]) -> bytes:
    """The body of a POST to `/<database>/rpc/`; Tryton answers in this shape only to exactly these three keys."""
    return orjson.dumps({"id": 0, "method": method, "params": [_encoded(value) for value in parameters]})


def decoded_answer(content: bytes) -> JsonValue | Fault:
    """The result of a call, or the fault; raises Rejected when the bytes are no JSON-RPC answer."""
    try:
        answer: Any = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise Rejected("the answer is not JSON: is this the address of a Tryton server?") from error
    if not isinstance(answer, dict) or not answer.keys() & {"result", "error"}:
        raise Rejected("the answer is not JSON-RPC: is this the address of a Tryton server?")
    if "error" in answer:
        return _fault(answer["error"])
    return cast("JsonValue", _decoded(answer["result"]))


def rows_of(result: JsonValue) -> list[JsonObject]:
    """The result of a `search_read` or `read`."""
    if not isinstance(result, list) or not all(isinstance(row, dict) for row in result):
        raise Rejected("Tryton answered something else than a list of records")
    return result


def row_id(row: JsonObject) -> int:
    """The record's own id."""
    return cast("int", row["id"])


def instant(value: JsonValue) -> datetime:
    """A decoded timestamp as an aware UTC datetime."""
    return datetime.fromisoformat(cast("str", value))


def _fault(error: Any) -> Fault:
    kind, detail, *_ = error
    # Tryton's own exceptions are [class, text or texts]; all others are [str(exception), traceback].
    texts = detail if isinstance(detail, list) else [detail]
    return Fault(str(kind), tuple(str(text) for text in texts if text))


def _encoded(value: WireValue) -> Any:
    match value:
        case Decimal():
            return {"__class__": "Decimal", "decimal": str(value)}
        case datetime():
            utc = value.astimezone(UTC)
            time = {"hour": utc.hour, "minute": utc.minute, "second": utc.second, "microsecond": utc.microsecond}
            return {"__class__": "datetime", "year": utc.year, "month": utc.month, "day": utc.day, **time}
        case date():
            return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
        case str():
            return value
        case Mapping():
            return {key: _encoded(item) for key, item in value.items()}
        case Sequence():
            return [_encoded(item) for item in value]
    return value


def _decoded(value: Any) -> Any:
    if isinstance(value, list):
        return [_decoded(item) if isinstance(item, (dict, list)) else item for item in value]
    if not isinstance(value, dict):
        return value
    kind = value.get("__class__")
    if kind is not None:
        return _typed(kind, value)
    return {
        key.removesuffix("."): _decoded(item) if isinstance(item, (dict, list)) else item for key, item in value.items()
    }


def _typed(kind: str, value: dict[str, Any]) -> Any:
    match kind:
        case "datetime":
            clock = (value["hour"], value["minute"], value["second"], value["microsecond"])
            return datetime(value["year"], value["month"], value["day"], *clock, tzinfo=UTC).isoformat()
        case "date":
            return date(value["year"], value["month"], value["day"]).isoformat()
        case "time":
            return f"{value['hour']:02}:{value['minute']:02}:{value['second']:02}"
        case "Decimal":
            return value["decimal"]
        case "timedelta":
            return value["seconds"]
        case "bytes":
            return value["base64"]
    raise Rejected(f"Tryton sent a value of the unknown class {kind}")
