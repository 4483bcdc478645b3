"""Values of a field's arguments, and where a kept statement has its place for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, cast

from graphql import FieldNode, GraphQLField, GraphQLInputType, GraphQLObjectType, Undefined, ValueNode, VariableNode
from graphql.execution.values import VariableValues, get_argument_values
from graphql.utilities.coerce_input_value import coerce_input_literal
from sqlalchemy import ColumnElement, Integer
from sqlalchemy.types import TypeEngine
from strawberry.schema import Schema
from strawberry.types.arguments import convert_argument, convert_arguments
from strawberry.types.base import StrawberryType
from strawberry.types.field import StrawberryField
from strawberry.types.scalar import ScalarDefinition, ScalarWrapper

from hub.reads.paging import Order, Window
from hub.store.statement import parameter
from schema.reads import READS, Argued, Arguments, Pages, ReadTerms, RootList, RootPage, RootRow
from schema.types.connection import PAGE_SIZE, window_within

Values = Callable[[Arguments, ReadTerms], Mapping[str, object]]

PAGING = ("first", "after", "last", "before")


class _Varying(NamedTuple):
    """An argument with a variable in it: its name there and here, its type here and there, and what it is given."""

    name: str
    python_name: str
    kind: StrawberryType | type
    expected: GraphQLInputType
    node: ValueNode

    def value(self, variables: VariableValues) -> object:
        """None where the variable is null or left out, and where that makes the whole be so."""
        if isinstance(self.node, VariableNode):
            return variables.coerced.get(self.node.name.value)
        found = coerce_input_literal(self.node, self.expected, variables)
        return None if found is Undefined else found


@dataclass(frozen=True)
class Asked:
    """One field of a document with its arguments, on the type of that name; `name` is its own in the statement."""

    schema: Schema
    kind: str
    definition: GraphQLField
    field: StrawberryField
    node: FieldNode
    name: str

    def arguments(self, variables: VariableValues) -> Arguments:
        """As the resolver gets them; raises what makes the resolver's own call fail.

        What has no variable in it is worked out once, for it takes longer than all the rest of a known request.
        """
        given = dict(self._still)
        for each in self._varying:
            value = each.value(variables)
            if value is None:  # null or left out: a default, or an error
                return self._converted(get_argument_values(self.definition, self.node, variables))
            given[each.python_name] = convert_argument(
                value, each.kind, self._scalars, self.schema.config, path=(each.name,)
            )
        return given

    @property
    def varies(self) -> bool:
        """Whether another request may have other values."""
        return bool(self._varying)

    def varies_in(self, *names: str) -> bool:
        """Whether another request may have another value of one of these."""
        return any(each.name in names for each in self._varying)

    @property
    def turns_pages_only(self) -> bool:
        """Whether requests differ at most in their window."""
        return all(each.name in PAGING for each in self._varying)

    @cached_property
    def _varying(self) -> Sequence[_Varying]:
        nodes = {each.name.value: each.value for each in self.node.arguments or () if _has_variable(each.value)}
        named = {self.schema.config.name_converter.from_argument(each): each for each in self.field.arguments}
        return [
            _Varying(name, named[name].python_name, named[name].type, self.definition.args[name].type, node)
            for name, node in nodes.items()
        ]

    @cached_property
    def _still(self) -> Arguments:
        """What the document itself says, and defaults."""
        varying = {each.name for each in self._varying}
        others = {name: argument for name, argument in self.definition.args.items() if name not in varying}
        return self._converted(get_argument_values(GraphQLField(self.definition.type, others), self.node))

    def _converted(self, given: dict[str, Any]) -> Arguments:
        return convert_arguments(given, self.field.arguments, self._scalars, self.schema.config)

    @property
    def _scalars(self) -> Mapping[object, ScalarWrapper | ScalarDefinition]:
        return self.schema.schema_converter.scalar_registry

    def slot(self, name: str, kind: TypeEngine[Any]) -> ColumnElement[Any]:
        """The place of one value in the statement."""
        return parameter(f"{self.name}_{name}", kind)

    def named(self, values: Mapping[str, object]) -> Mapping[str, object]:
        """Values under the names of their places."""
        return {f"{self.name}_{name}": value for name, value in values.items()}


def asked_of(schema: Schema, kind: GraphQLObjectType, node: FieldNode, name: str) -> Asked:
    """The field of that type that the node selects."""
    definition = kind.fields[node.name.value]
    return Asked(schema, kind.name, definition, definition.extensions["strawberry-definition"], node, name)


@dataclass(frozen=True, slots=True)
class Binding:
    """Where a statement gets some of its values from, request by request."""

    asked: Asked
    values: Values

    @classmethod
    def of(cls, asked: Asked) -> Binding:
        """As the field says that it is read."""
        return cls(asked, _values_of(asked, asked.field.metadata.get(READS)))

    @property
    def varies(self) -> bool:
        """False where the document itself says it all."""
        return self.asked.varies

    def bound(self, variables: VariableValues, terms: ReadTerms) -> Mapping[str, object]:
        """The values; HubError or GraphQLError for arguments that are for the resolver to refuse."""
        return self.asked.named(self.values(self.asked.arguments(variables), terms))


def _values_of(asked: Asked, reads: object) -> Values:
    if isinstance(reads, Pages):
        order = reads.part.order
        return lambda given, terms: window_values(order, given, terms)
    if isinstance(reads, RootPage):
        return _page_values(asked, reads)
    if isinstance(reads, RootList):
        return reads.values_of_each
    if isinstance(reads, RootRow | Argued):
        return reads.values
    raise TypeError(f"{type(reads).__name__} takes no arguments")


def _page_values(asked: Asked, reads: RootPage) -> Values:
    """The window's, and those of the list itself: they are the same for all pages of it."""
    of_list: list[Mapping[str, object]] = []

    def values(given: Arguments, terms: ReadTerms) -> Mapping[str, object]:
        window = window_values(reads.order(given), given, terms)
        if not asked.turns_pages_only:
            return window | dict(reads.values(given, terms))
        if not of_list:
            of_list.append(reads.values(given, terms))
        return window | dict(of_list[0])

    return values


def window_of(asked: Asked, order: Order, arguments: Arguments) -> Window:
    """The window with places for what may differ: a limit that the document itself names is written out."""
    given = {name: arguments.get(name) for name in PAGING}
    limit: int | ColumnElement[int] = asked.slot("limit", Integer())
    if not asked.varies_in("first", "last"):
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
