"""Objects written as the JSON that is asked of them, by functions that are found once per selection.

Only what goes well is written: whatever raises, or is not as its type says, is for the ordinary way, which reads the
same objects and tells the errors.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Callable, Coroutine, Sequence
from operator import attrgetter
from typing import Any, NamedTuple, TypeAlias

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLString,
    InlineFragmentNode,
    SelectionSetNode,
)
from graphql.pyutils import Path
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition

from schema.compiled.inputs import Unusual
from schema.compiled.resolving import Terms, guarded, key_of_node, strawberry_field
from schema.context import Context

Value: TypeAlias = Any  # what resolvers give, and JSON
Write: TypeAlias = Callable[[Value, Context], Value]
"""A value of a type as JSON, or a coroutine of it; raises whatever is wrong."""


class Writer(NamedTuple):
    """`waits`: whether `write` gives a coroutine."""

    write: Write
    waits: bool = False


class Unfit(Exception):
    """A value that its type does not allow."""


Nodes: TypeAlias = dict[str, list[FieldNode]]
"""The fields of a selection by the name that they have in the answer."""


def selected(terms: Terms, kind: GraphQLObjectType, sets: Sequence[SelectionSetNode]) -> Nodes:
    """With fragments expanded; Unusual for directives."""
    nodes: Nodes = {}
    for each in sets:
        for selection in each.selections:
            if selection.directives:
                raise Unusual
            if isinstance(selection, FieldNode):
                name = (selection.alias or selection.name).value
                nodes.setdefault(name, []).append(selection)
                continue
            fragment: InlineFragmentNode | FragmentDefinitionNode
            if isinstance(selection, FragmentSpreadNode):
                fragment = terms.fragments[selection.name.value]
            elif isinstance(selection, InlineFragmentNode):
                fragment = selection
            on = fragment.type_condition
            if (on is not None and on.name.value != kind.name) or fragment.directives:
                raise Unusual
            for name, found in selected(terms, kind, [fragment.selection_set]).items():
                nodes.setdefault(name, []).extend(found)
    return nodes


def writer(terms: Terms, kind: GraphQLOutputType, nodes: Sequence[FieldNode], path: Path | None) -> Writer:
    """Of values of the type, by what `nodes` select of it; Unusual for a type that is told only at run time."""
    if isinstance(kind, GraphQLNonNull):
        return _required(writer(terms, kind.of_type, nodes, path))
    if isinstance(kind, GraphQLList):
        return _list(writer(terms, kind.of_type, nodes, path))
    if isinstance(kind, GraphQLObjectType):
        return _object(terms, kind, [node.selection_set for node in nodes if node.selection_set is not None], path)
    if isinstance(kind, GraphQLScalarType | GraphQLEnumType):
        return Writer(_leaf(kind))
    raise Unusual


def _required(inner: Writer) -> Writer:
    write = inner.write

    def required(value: Value, context: Context) -> Value:
        if value is None:
            raise Unfit
        return write(value, context)

    async def awaited(value: Value, context: Context) -> Value:
        return await required(value, context)

    return Writer(awaited, True) if inner.waits else Writer(required)


def _leaf(kind: GraphQLScalarType | GraphQLEnumType) -> Write:
    if kind is GraphQLString:
        return lambda value, _: value if value is None or type(value) is str else _told(kind, value)
    if isinstance(kind, GraphQLEnumType):
        names = {each.value: name for name, each in kind.values.items()}
        of_members = {kind.coerce_input_value(name): name for name in names.values()}
        return lambda value, _: None if value is None else of_members.get(value) or _told(kind, value)
    return lambda value, _: None if value is None else _told(kind, value)


def _told(kind: GraphQLScalarType | GraphQLEnumType, value: Value) -> Value:
    told: Value = kind.coerce_output_value(value)
    if told is None:
        raise Unfit
    return told


def _list(inner: Writer) -> Writer:
    write = inner.write

    def listed(value: Value, context: Context) -> Value:
        if value is None:
            return None
        if type(value) is not list:
            raise Unfit
        return [write(each, context) for each in value]

    async def awaited(value: Value, context: Context) -> Value:
        if value is None:
            return None
        if type(value) is not list:
            raise Unfit
        return await together([write(each, context) for each in value])

    return Writer(awaited, True) if inner.waits else Writer(listed)


async def together(waiting: Sequence[Coroutine[Any, Any, Value]]) -> list[Value]:
    """What they come to; the first error once all are through, so that none goes on behind the answer."""
    if len(waiting) == 1:
        return [await waiting[0]]
    found = await asyncio.gather(*waiting, return_exceptions=True)
    for each in found:
        if isinstance(each, BaseException):
            raise each
    return list(found)


def _object(terms: Terms, kind: GraphQLObjectType, sets: Sequence[SelectionSetNode], path: Path | None) -> Writer:
    definition: object = kind.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if not isinstance(definition, StrawberryObjectDefinition) or definition.is_type_of is not None:
        raise Unusual
    made = definition.origin
    fields = {name: _field(terms, kind, name, nodes, path) for name, nodes in selected(terms, kind, sets).items()}
    order = dict.fromkeys(fields)
    at_once = [(name, field.write) for name, field in fields.items() if not field.waits]
    later = [(name, field.write) for name, field in fields.items() if field.waits]

    def written(value: Value, context: Context) -> Value:
        if value is None:
            return None
        if type(value) is not made:
            raise Unfit
        answer: dict[str, Value] = order.copy()
        for name, write in at_once:
            answer[name] = write(value, context)
        return answer

    async def awaited(value: Value, context: Context) -> Value:
        answer = written(value, context)
        if answer is not None:
            found = await together([write(value, context) for _, write in later])
            for (name, _), each in zip(later, found, strict=True):
                answer[name] = each
        return answer

    return Writer(awaited, True) if later else Writer(written)


def _field(terms: Terms, kind: GraphQLObjectType, key: str, nodes: Sequence[FieldNode], above: Path | None) -> Writer:
    name = nodes[0].name.value
    if name == "__typename":
        return Writer(lambda _, __: kind.name)
    field = kind.fields[name]
    known = strawberry_field(field)
    path = Path(above, key, kind.name)  # places in lists are not in it: no resolver asks for them
    inner = writer(terms, field.type, nodes, path)
    if known.is_basic_field and not known.extensions:
        write, value_of = inner.write, attrgetter(known.python_name)
        return Writer(lambda source, context: write(value_of(source), context), inner.waits)
    column = key_of_node(kind) if name == "id" else None
    if column is not None:
        return _id(kind.name, column)
    return _resolved(guarded(terms, kind, field, nodes, path), inner, waits=known.is_async)


def _resolved(resolve: Write, inner: Writer, *, waits: bool) -> Writer:
    write = inner.write

    def at_once(source: Value, context: Context) -> Value:
        return write(resolve(source, context), context)

    async def later(source: Value, context: Context) -> Value:
        value = resolve(source, context)
        written = write(await value if waits else value, context)
        return await written if inner.waits else written

    return Writer(later, True) if waits or inner.waits else Writer(at_once)


def _id(prefix: str, attribute: str) -> Writer:
    key_of = attrgetter(attribute)

    def written(source: Value, _: Context) -> Value:
        key = key_of(source)
        if key is None:
            raise Unfit
        return b64encode(f"{prefix}:{key}".encode()).decode()

    return Writer(written)
