"""Values of a field's arguments, and where a kept statement has its place for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from graphql import FieldNode, GraphQLField, ValueNode, VariableNode
from graphql.execution.values import VariableValues, get_argument_values
from sqlalchemy import ColumnElement, Integer
from sqlalchemy.types import TypeEngine
from strawberry.schema import Schema
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from hub.reads.paging import Order, Window
from hub.store.statement import parameter
from schema.reads import Arguments, ReadTerms
from schema.types.connection import PAGE_SIZE, window_within

Values = Callable[[Arguments, ReadTerms], Mapping[str, object]]

PAGING = ("first", "after", "last", "before")


@dataclass(frozen=True)
class Asked:
    """One field of a document with its arguments; `name` is its own among all fields of the statement."""

    schema: Schema
    definition: GraphQLField
    field: StrawberryField
    node: FieldNode
    name: str

    def arguments(self, variables: VariableValues) -> Arguments:
        """As the resolver gets them; raises what makes the resolver's own call fail."""
        given = get_argument_values(self.definition, self.node, variables)
        converter = self.schema.schema_converter
        return convert_arguments(given, self.field.arguments, converter.scalar_registry, self.schema.config)

    @property
    def varies(self) -> bool:
        """Whether another request may have other values."""
        return any(_has_variable(argument.value) for argument in self.node.arguments or ())

    def slot(self, name: str, kind: TypeEngine[Any]) -> ColumnElement[Any]:
        """The place of one value in the statement."""
        return parameter(f"{self.name}_{name}", kind)

    def named(self, values: Mapping[str, object]) -> Mapping[str, object]:
        """Values under the names of their places."""
        return {f"{self.name}_{name}": value for name, value in values.items()}


@dataclass(frozen=True, slots=True)
class Binding:
    """Where a statement gets some of its values from, request by request."""

    asked: Asked
    values: Values

    @property
    def varies(self) -> bool:
        """False where the document itself says it all."""
        return self.asked.varies

    def bound(self, variables: VariableValues, terms: ReadTerms) -> Mapping[str, object]:
        """The values; HubError or GraphQLError for arguments that are for the resolver to refuse."""
        return self.asked.named(self.values(self.asked.arguments(variables), terms))


def window_of(asked: Asked, order: Order, arguments: Arguments) -> Window:
    """The window with places for what may differ: a limit that the document itself names is written out."""
    given = {name: arguments.get(name) for name in PAGING}
    limit: int | ColumnElement[int] = asked.slot("limit", Integer())
    if not asked.varies:
        limit = next((size for size in (given["first"], given["last"]) if size is not None), PAGE_SIZE)
    return Window(
        limit,
        after=None if given["after"] is None else _key(asked, order, "after"),
        before=None if given["before"] is None else _key(asked, order, "before"),
        backwards=given["last"] is not None,
    )


def window_values(order: Order, arguments: Arguments, terms: ReadTerms) -> dict[str, object]:
    """The values of the window's places; Invalid for a window that cannot be."""
    first, after, last, before = (arguments.get(name) for name in PAGING)
    window = window_within(terms.page_size_max, order, first, after, last, before)
    keys = {"after": window.after, "before": window.before}
    return {"limit": window.limit} | {
        f"{side}_{place}": value for side, key in keys.items() for place, value in enumerate(key or ())
    }


def _key(asked: Asked, order: Order, side: str) -> tuple[ColumnElement[Any], ...]:
    return tuple(asked.slot(f"{side}_{place}", column.type) for place, column in enumerate(order.columns))


def _has_variable(value: ValueNode) -> bool:
    if isinstance(value, VariableNode):
        return True
    inner = cast("Sequence[Any]", getattr(value, "values", None) or getattr(value, "fields", None) or ())
    return any(_has_variable(getattr(item, "value", item)) for item in inner if not isinstance(item, str))
