"""How values are written in answers, in Python and in SQL side by side: both ways of answering give the same text."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import reduce
from itertools import groupby
from typing import Any, Final, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, LargeBinary, Text, case, cast, func, literal_column

ZONE_AND_QUOTE: Final = len('+00:00"')


def time_text(time: datetime) -> str:
    """ISO 8601 in UTC with a `Z`, and no more of a fraction of a second than there is."""
    text = time.astimezone(UTC).replace(tzinfo=None).isoformat()
    return (text.rstrip("0") if "." in text else text) + "Z"


def decimal_text(number: Decimal) -> str:
    """All digits that the store holds, never an exponent."""
    return format(number, "f")


def camel_case(name: ColumnElement[str]) -> ColumnElement[str]:
    """A field's name as the API writes it: given_name is givenName."""
    words = func.replace(func.initcap(func.replace(name, "_", " ")), " ", "")
    written: ColumnElement[str] = func.left(name, 1, type_=Text()).concat(func.substr(words, 2))
    return written


Piece: TypeAlias = str | ColumnElement[str]
"""A part of a text: what stands there in every row, or what a row makes of it."""


def json_text(value: ColumnElement[Any], *, nullable: bool, enum: Sequence[str] = ()) -> Sequence[Piece]:
    """The value as JSON text; a null that is not `nullable` makes the text null.

    A value outside its `enum` makes the statement fail (22P02): the ordinary way then tells what is wrong.
    """
    pieces: Sequence[Piece] = ['"', _among(value, enum), '"'] if enum else _written(value)
    return [func.coalesce(joined(pieces), literal_column("'null'", Text()))] if nullable else pieces


def _written(value: ColumnElement[Any]) -> Sequence[Piece]:
    kind = value.type.python_type
    if kind in (bool, int):
        return [cast(value, Text())]
    if kind in (UUID, Decimal, date):  # a date by itself is ISO in every session, see `open_pool`
        return ['"', cast(value, Text()), '"']
    escaped = cast(func.to_json(value), Text())
    if kind is datetime:  # the session is in UTC
        return [func.left(escaped, literal_column(str(-ZONE_AND_QUOTE), Integer())), 'Z"']
    return [escaped]


def _among(value: ColumnElement[Any], enum: Sequence[str]) -> ColumnElement[str]:
    known = value.in_([literal_column(sql_text(name), Text()) for name in enum])
    refused = cast(cast(literal_column("'no value of the enum: '", Text()).concat(value), Integer()), Text())
    return case((known, value), else_=refused)


def global_id(type_name: str, key: ColumnElement[Any]) -> Sequence[Piece]:
    """`Type:key` in base64, as JSON text."""
    return ['"', *_base64(f"{type_name}:", [cast(key, Text())], short=key.type.python_type is UUID), '"']


def cursor_text(name: str, key: Sequence[ColumnElement[Any]]) -> Sequence[Piece]:
    """What `Order.cursor_of` makes of the key."""
    values = [piece for column in key for piece in (",", *json_text(column, nullable=False))]
    return ['"', *_base64(f'["{name}"', [*values, "]"], short=False), '"']


def _base64(head: str, rest: Sequence[Piece], *, short: bool) -> Sequence[Piece]:
    """Three bytes of the head are four characters for themselves. PostgreSQL breaks lines after 76 of what it encodes,
    which a `short` rest has not."""
    known = len(head.encode()) // 3 * 3
    encoded = func.encode(
        utf8(joined([head.encode()[known:].decode(), *rest])), literal_column("'base64'"), type_=Text()
    )
    unbroken = encoded if short else func.replace(encoded, literal_column("E'\\n'"), literal_column("''"), type_=Text())
    return [b64encode(head.encode()[:known]).decode(), unbroken]


def utf8(text: ColumnElement[str]) -> ColumnElement[bytes]:
    """The text's bytes: `textsend` gives them in the session's encoding, which the driver has made UTF-8."""
    return func.textsend(text, type_=LargeBinary())


def joined(pieces: Iterable[Piece]) -> ColumnElement[str]:
    """The pieces one behind the other; constants that meet become one, for PostgreSQL pays for each in each row."""
    parts: list[ColumnElement[str]] = []
    for constant, group in groupby(pieces, key=lambda piece: isinstance(piece, str)):
        if not constant:
            parts.extend(piece for piece in group if not isinstance(piece, str))
        elif text := "".join(str(piece) for piece in group):
            parts.append(literal_column(sql_text(text), Text()))
    return reduce(lambda whole, part: whole.concat(part), parts)


def sql_text(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"
