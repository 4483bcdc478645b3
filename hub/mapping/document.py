"""The shape of a mapping document, as written in `<entity>.yaml` or inline in hub.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from hub.mapping.contract.document import ContractDocument
from hub.records.identity import Entity
from hub.yaml.nodes import Scalar


class ValueType(StrEnum):
    """What a value is turned into. Dates are ISO 8601; a datetime without an offset is taken as UTC."""

    TEXT = "text"
    INT = "int"
    DECIMAL = "decimal"
    DATE = "date"
    DATETIME = "datetime"
    BOOL = "bool"


class Blank(StrEnum):
    """How an object can be without a value. MISSING: the key is not there. NIL: null. EMPTY: a text with nothing in it.

    NIL, because YAML reads NULL as no word at all.
    """

    MISSING = "MISSING"
    NIL = "NIL"
    EMPTY = "EMPTY"


def _only_scalar(value: object) -> object:
    if isinstance(value, dict | list):
        raise PydanticCustomError("scalar", "must be one value", {"allowed": "a text, number, true, false or null"})
    return value


# Left as written: the canonical field's own type decides later.
Constant = Annotated[Scalar, BeforeValidator(_only_scalar)]


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False)


class FieldRule(_Written):
    """Where one canonical field comes from; written as a bare text it is the `path`."""

    path: str | None = Field(None, description="A JMESPath expression over the object, or over the list's element.")
    value: Constant = Field(None, description="A constant, in place of `path`.")
    type: ValueType | None = Field(
        None, description="Type of the canonical field: text, int, decimal, date, datetime or bool; told by the field."
    )
    table: str | None = Field(None, description="Name of the value table that translates the package's value.")
    default: Constant = Field(None, description="Canonical value where the package has none (missing, null or blank).")
    says_none: tuple[Blank, ...] | None = Field(
        None, description="Only for customers, in place of the document's: MISSING, NIL, EMPTY."
    )

    @model_validator(mode="before")
    @classmethod
    def _text_is_path(cls, data: object) -> object:
        return {"path": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _one_origin(self) -> FieldRule:
        given = self.model_fields_set & {"path", "value"}
        if len(given) != 1 or (self.path is None and self.value is None):
            hint = {"allowed": "path: EXPRESSION for a value of the object, value: CONSTANT for a fixed one"}
            raise PydanticCustomError("one_origin", "needs exactly one of `path` and `value`", hint)
        if self.path is None and len(self.model_fields_set - {"type"}) > 1:
            hint = {"allowed": "leave `table` and `default` out"}
            raise PydanticCustomError("constant_alone", "a constant needs no `table` and no `default`", hint)
        return self


class ListRule(_Written):
    """Where the elements of a canonical list come from."""

    from_: str = Field(alias="from", description="A JMESPath expression over the object that gives a list or null.")
    where: str | None = Field(
        None, description="A JMESPath condition over an element; elements that fail it are left out."
    )
    fields: Mapping[str, FieldRule] = Field(min_length=1, description="Canonical field of the element: its rule.")


class MappingDocument(_Written):
    """One entity's mapping."""

    entity: Entity = Field(description="The canonical record that is made: customer, sales_order, ...")
    version: int = Field(ge=1, description="Raised by the author with every change of meaning; kept with each record.")
    fields: Mapping[str, FieldRule] = Field(description="Canonical field: its rule.")
    says_none: tuple[Blank, ...] = Field(
        (),
        description="Only for customers: which of MISSING, NIL and EMPTY mean that the package knows of no value; the "
        "others are silence.",
    )
    lists: Mapping[str, ListRule] = Field({}, description="Canonical list (contact_media, lines, ...): its rule.")
    tables: Mapping[str, Mapping[str, Constant]] = Field(
        {},
        description="Value table: the package's value to the canonical one. A value that is not in it is quarantined.",
    )
    contract: ContractDocument | None = Field(
        None, description="What the package's objects look like, and what happens to those that do not."
    )
