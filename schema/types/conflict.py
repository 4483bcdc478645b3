"""Where a customer's sources say different things."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

import strawberry

from hub.customers.survive import Conflict as Found
from hub.customers.survive import SourceImage
from schema.types.of_row import OfRow
from schema.types.sourced import Sourced
from schema.types.steward import in_schema


@strawberry.type(description="What one source says.")
class ConflictingValue(Sourced, OfRow):
    """One side."""

    named: ClassVar[Mapping[str, str]] = {"source": "system", "as_of": "at"}

    external_id: str = strawberry.field(description="The customer's id in that system.")
    value: str = strawberry.field(description="Its value, as text.")

    @classmethod
    def said(cls, image: SourceImage, value: str) -> Self:
        """The type from a source's image."""
        return cls(external_id=image.node.external_id, value=value, source=image.node.system, as_of=image.as_of)


@strawberry.type(description="A field in which the customer's sources differ; `pinField` decides it.")
class FieldConflict:
    """Case and space make no difference, a blank value neither."""

    field: str = strawberry.field(description="The field of Customer, by its name in this schema.")
    values: list[ConflictingValue] = strawberry.field(description="What each source says.")
    kept: str | None = strawberry.field(description="What the rules, or a pin, made of it.")

    @classmethod
    def found(cls, conflict: Found) -> Self:
        """The type from what was found."""
        values = [ConflictingValue.said(image, value) for image, value in conflict.said]
        return cls(field=in_schema(conflict.field), values=values, kept=conflict.kept)
