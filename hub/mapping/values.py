"""A package's value into a canonical one. Each function gives None for null and blank, and raises Unfit."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Final, TypeAlias

from hub.mapping.document import ValueType
from hub.mapping.shape import FieldShape
from hub.mapping.unfit import Unfit

Convert: TypeAlias = Callable[[object], object]

# What PostgreSQL's bigint holds, and more digits than any amount or quantity has.
_LARGEST_INT: Final = 2**63 - 1
_MOST_DIGITS: Final = 30

_TRUE: Final = frozenset({"true", "t", "yes", "y", "1"})
_FALSE: Final = frozenset({"false", "f", "no", "n", "0"})

# A code such as `on_hold` or `A1`: one case, a letter first, hardly any digits. What is not so is never repeated in
# a message: it may be a name, a number or an address that stands in the wrong column.
_CODE: Final = re.compile(r"(?=\D*(\d\D*){0,3}$)([a-z][a-z0-9_]{0,23}|[A-Z][A-Z0-9_]{0,23})$", re.ASCII)


def is_code(text: str) -> bool:
    """Whether a message may repeat a value that has no place: it looks like a code, not like something of a person."""
    return _CODE.match(text) is not None


def converter_for(shape: FieldShape) -> Convert:
    """The conversion that the canonical field's type asks for."""
    return _choice(shape.choices) if shape.choices else _CONVERTERS[shape.type]


def table_of(name: str, entries: Mapping[str, object]) -> Convert:
    """Look-up in a value table whose right side is converted already; raises Unfit as unmapped."""

    def look_up(value: object) -> object:
        key = _key(value)
        if key is None:
            return None
        try:
            return entries[key]
        except KeyError:
            shown = repr(key) if is_code(key) else "this value"
            raise Unfit(f"table {name} has no entry for {shown}", unmapped=True) from None

    return look_up


def _key(value: object) -> str | None:
    """A table's left side is a text in YAML; numbers and booleans are written there as JSON writes them."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return _digits(value)
    if value is None:
        return None
    raise Unfit("must be a code: a text, a whole number or true or false")


def _text(value: object) -> str | None:
    if isinstance(value, str):
        if "\0" in value:
            raise Unfit("must not hold a NUL character")
        return value.strip() or None
    if isinstance(value, int) and not isinstance(value, bool):
        return _digits(value)
    if value is None:
        return None
    raise Unfit("must be a text")


def _digits(value: int) -> str:
    if abs(value) > _LARGEST_INT:
        raise Unfit("must be a whole number of 64 bits")
    return str(value)


def _int(value: object) -> int | None:
    number = _decimal(value)
    if number is None:
        return None
    if number != number.to_integral_value() or abs(number) > _LARGEST_INT:
        raise Unfit("must be a whole number of 64 bits")
    return int(number)


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, str) and not value.strip():
        return None
    if isinstance(value, bool):
        raise Unfit("must be a number")
    # repr, since Decimal(0.1) is the binary fraction and not what the package wrote
    written = repr(value) if isinstance(value, float) else value
    if isinstance(written, int) and abs(written) > _LARGEST_INT:
        raise Unfit(f"must be a number of at most {_MOST_DIGITS} digits")
    if isinstance(written, str | int):
        try:
            number = Decimal(written)
        except InvalidOperation:
            raise Unfit("must be a number with a point before its decimals") from None
        return _bounded(number)
    if value is None:
        return None
    raise Unfit("must be a number")


def _bounded(number: Decimal) -> Decimal:
    digits = number.as_tuple()
    if not isinstance(digits.exponent, int):
        raise Unfit("must be a finite number")
    if (
        len(digits.digits) > _MOST_DIGITS
        or abs(number.adjusted()) > _MOST_DIGITS
        or abs(digits.exponent) > _MOST_DIGITS
    ):
        raise Unfit(f"must be a number of at most {_MOST_DIGITS} digits")
    return number


def _date(value: object) -> date | None:
    written = _text(value)
    if written is None:
        return None
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise Unfit("must be a date as YYYY-MM-DD") from None


def _datetime(value: object) -> datetime | None:
    written = _text(value)
    if written is None:
        return None
    try:
        moment = datetime.fromisoformat(written)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unfit("must be a date and time as YYYY-MM-DDTHH:MM:SS, with an offset unless it is UTC") from None


def _bool(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    key = _key(value)
    if key is None:
        return None
    if key.casefold() in _TRUE:
        return True
    if key.casefold() in _FALSE:
        return False
    raise Unfit("must be true or false")


def _choice(choices: type[Enum]) -> Convert:
    members: Mapping[object, Enum] = {member.value: member for member in choices}
    rule = f"must be one of {', '.join(str(value) for value in members)}"

    def convert(value: object) -> object:
        key = _key(value)
        if key is None:
            return None
        if key not in members:
            raise Unfit(rule)
        return members[key]

    return convert


_CONVERTERS: Final[Mapping[ValueType, Convert]] = {
    ValueType.TEXT: _text,
    ValueType.INT: _int,
    ValueType.DECIMAL: _decimal,
    ValueType.DATE: _date,
    ValueType.DATETIME: _datetime,
    ValueType.BOOL: _bool,
}
