"""The shape of a contract, as written in a file, under `contract:` of a mapping or inline in hub.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from hub.records.drift import DriftKind, DriftPolicy


class ContractType(StrEnum):
    """JSON's own types; `int` is a number without a fraction, and fits where `number` is asked for."""

    TEXT = "text"
    INT = "int"
    NUMBER = "number"
    BOOL = "bool"
    LIST = "list"
    OBJECT = "object"
    ANY = "any"


_WITH_VALUES: Final = frozenset({ContractType.TEXT, ContractType.INT, ContractType.BOOL})


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ContractField(_Written):
    """What stands at one path; written as a bare text it is the `type`."""

    type: tuple[ContractType, ...] = Field(
        description="text, int, number, bool, list, object or any; a list of them allows each."
    )
    required: bool = Field(False, description="It is there and not null, wherever the object around it is there.")
    values: tuple[str | int | bool, ...] = Field((), description="All values it may have; none written: any.")
    open: bool = Field(False, description="An object that may have fields of any name beside those written.")

    @model_validator(mode="before")
    @classmethod
    def _text_is_type(cls, data: object) -> object:
        return {"type": data} if isinstance(data, str | list) else data

    @field_validator("type", mode="before")
    @classmethod
    def _one_type(cls, data: object) -> object:
        return (data,) if isinstance(data, str) else data

    @model_validator(mode="after")
    def _can_be_met(self) -> ContractField:
        if not self.type:
            hint = {"allowed": "text, int, number, bool, list, object or any"}
            raise PydanticCustomError("no_type", "needs at least one type", hint)
        if self.values and not _WITH_VALUES.issuperset(self.type):
            hint = {"allowed": "text, int or bool beside `values`"}
            raise PydanticCustomError("values_of_scalars", "`values` needs a type whose values can be listed", hint)
        return self


class ContractDocument(_Written):
    """What the objects of one entity of one system look like."""

    version: int = Field(ge=1, description="Raised by the author with every new agreement; each report names it.")
    policy: DriftPolicy = Field(description="EVOLVE, FREEZE, DISCARD_ROW or DISCARD_VALUE: what happens to drift.")
    policies: Mapping[DriftKind, DriftPolicy] = Field(
        {}, description="Another policy for NEW_FIELD, MISSING_FIELD, CHANGED_TYPE or UNKNOWN_VALUE alone."
    )
    open: bool = Field(False, description="The object may have fields of any name beside those written.")
    fields: Mapping[str, ContractField] = Field(
        min_length=1, description="Path (`lang.code`, `lines[].id`): what stands there."
    )
