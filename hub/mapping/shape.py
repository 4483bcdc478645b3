"""What a canonical record looks like to a mapping: its fields' types and its lists."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Annotated, Final, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from hub.mapping.document import ValueType
from hub.records.customer import Canonical

_TYPE_OF: Final[Mapping[object, ValueType]] = {
    str: ValueType.TEXT,
    int: ValueType.INT,
    Decimal: ValueType.DECIMAL,
    date: ValueType.DATE,
    datetime: ValueType.DATETIME,
    bool: ValueType.BOOL,
}


_FOLLOWS: Final = frozenset({"known_blank"})
"""What no rule of its own gives: it follows from the others."""


@dataclass(frozen=True)
class FieldShape:
    """A single value; `choices` is its enum, if it has one."""

    choices: type[Enum] | None
    type: ValueType
    required: bool


@dataclass(frozen=True)
class RecordShape:
    """A record's fields, and its lists of child records."""

    model: type[Canonical]
    fields: Mapping[str, FieldShape]
    lists: Mapping[str, RecordShape]

    @property
    def required(self) -> list[str]:
        """Fields without which the record cannot be."""
        return [name for name, field in self.fields.items() if field.required]


@cache
def shape_of(model: type[Canonical]) -> RecordShape:
    """Read off the model, so that a new canonical field can be mapped at once."""
    fields: dict[str, FieldShape] = {}
    lists: dict[str, RecordShape] = {}
    for name, info in model.model_fields.items():
        declared = _bare(info.annotation)
        if name in _FOLLOWS:
            continue
        if get_origin(declared) is tuple:
            lists[name] = shape_of(get_args(declared)[0])
        else:
            fields[name] = _field(declared, info)
    return RecordShape(model, fields, lists)


def _field(declared: object, info: FieldInfo) -> FieldShape:
    if isinstance(declared, type) and issubclass(declared, Enum):
        return FieldShape(declared, ValueType.TEXT, info.is_required())
    return FieldShape(None, _TYPE_OF[declared], info.is_required())


def _bare(annotation: object) -> object:
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in {Union, types.UnionType}:
        return _bare(next(option for option in get_args(annotation) if option is not types.NoneType))
    return annotation
