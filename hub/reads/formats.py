"""How values are written in answers, in Python and in SQL side by side: both ways of answering give the same text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Text, case, cast, func, literal_column

ZONE_AND_QUOTE: Final = len('+00:00"')


def time_text(time: datetime) -> str:
    """ISO 8601 in UTC with a `Z`, and no more of a fraction of a second than there is."""
    text = time.astimezone(UTC).replace(tzinfo=None).isoformat()
    return (text.rstrip("0") if "." in text else text) + "Z"


def decimal_text(number: Decimal) -> str:
    """All digits that the store holds, never an exponent."""
    return format(number, "f")


def json_text(value: ColumnElement[Any], *, nullable: bool, enum: Sequence[str] = ()) -> ColumnElement[str]:
    """The value as JSON text; a null that is not `nullable` makes the text null.

    A value outside its `enum` makes the statement fail (22P02): the ordinary way then tells what is wrong.
    """
    text = _among(value, enum) if enum else _written(value)
    return func.coalesce(text, literal_column("'null'", Text())) if nullable else text


def _written(value: ColumnElement[Any]) -> ColumnElement[str]:
    kind = value.type.python_type
    if kind is bool:
        return case((value, literal_column("'true'", Text())), (~value, literal_column("'false'", Text())))
    if kind is int:
        return cast(value, Text())
    if kind in (UUID, Decimal, date):  # a date by itself is ISO in every session, see `open_pool`
        return quoted(cast(value, Text()))
    escaped = cast(func.to_json(value), Text())
    if kind is datetime:  # the session is in UTC
        return func.left(escaped, literal_column(str(-ZONE_AND_QUOTE), Integer())).concat(literal_column("'Z\"'"))
    return escaped


def _among(value: ColumnElement[Any], enum: Sequence[str]) -> ColumnElement[str]:
    known = value.in_([literal_column(sql_text(name), Text()) for name in enum])
    refused = cast(cast(literal_column("'no value of the enum: '", Text()).concat(value), Integer()), Text())
    return case((known, quoted(value)), (value.is_not(None), refused))


def quoted(text: ColumnElement[str]) -> ColumnElement[str]:
    """Text without anything to escape, in the quotes of JSON."""
    return literal_column("'\"'", Text()).concat(text).concat(literal_column("'\"'", Text()))


def global_id(type_name: str, key: ColumnElement[Any]) -> ColumnElement[str]:
    """`Type:key` in base64, as JSON text."""
    return quoted(_base64(literal_column(sql_text(f"{type_name}:"), Text()).concat(cast(key, Text()))))


def cursor_text(name: str, key: Sequence[ColumnElement[Any]]) -> ColumnElement[str]:
    """What `Order.cursor_of` makes of the key."""
    text: ColumnElement[str] = literal_column(sql_text(f'["{name}"'), Text())
    for column in key:
        text = text.concat(literal_column("','", Text())).concat(json_text(column, nullable=False))
    return quoted(_base64(text.concat(literal_column("']'", Text()))))


def _base64(plain: ColumnElement[str]) -> ColumnElement[str]:
    encoded = func.encode(func.convert_to(plain, literal_column("'UTF8'")), literal_column("'base64'"))
    # PostgreSQL breaks lines after 76 characters.
    return func.replace(encoded, literal_column("E'\\n'"), literal_column("''"), type_=Text())


def sql_text(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"
