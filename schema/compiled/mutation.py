"""A mutation compiled: its input made, its resolver called and its answer written without the framework in between.

It is for operations of one field whose input the document spells out or takes from variables. Whatever is unusual
before the resolver is called goes the ordinary way; what is behind it is told the ordinary way from what it came to,
so nothing is ever carried out twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from graphql import (
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    StringValueNode,
    ValueNode,
    VariableNode,
    print_ast,
)
from graphql.pyutils import Path
from strawberry.schema import Schema

from schema.authorise import Requires
from schema.compiled.inputs import Make, Unusual, maker
from schema.compiled.payload import Write, selected, writer
from schema.compiled.resolving import Resolve, Terms, resolver, scopes_of, strawberry_field
from schema.context import Context

Variables: TypeAlias = Mapping[str, Any]  # Any: JSON
Spell: TypeAlias = Callable[[Variables], Any]

_ABSENT: Final = object()
_CONSTANTS: Final = {
    StringValueNode: str,
    EnumValueNode: str,
    IntValueNode: int,
    FloatValueNode: float,
    BooleanValueNode: bool,
}


@dataclass(frozen=True, slots=True)
class Mutation:
    """One that can be carried out as often as it is sent."""

    key: str
    """Its name in the answer."""

    place: str
    """The schema's name for it, as in the audit trail."""

    requires: tuple[Requires, ...]
    arguments: tuple[tuple[str, Spell, Make], ...]
    resolve: Resolve
    write: Write
    waits: bool

    def given(self, variables: Variables) -> Mapping[str, Any]:
        """What the resolver takes; Unusual for what it cannot be certain of."""
        return {name: make(_there(spell(variables))) for name, spell, make in self.arguments}

    async def carry_out(self, context: Context, given: Mapping[str, Any]) -> object:
        """What the resolver answers; raises what it raises, and what the caller's token is refused for."""
        for each in self.requires:
            each.check(context, self.place)
        payload: object = await self.resolve(None, context, given)
        return payload

    async def written(self, context: Context, payload: object) -> dict[str, object]:
        """The data of the answer; raises where there is anything wrong with it."""
        answer = self.write(payload, context)
        return {self.key: await answer if self.waits else answer}


def compiled(schema: Schema, terms: Terms) -> Mutation | None:
    """The operation as a whole; None where it is for the ordinary way."""
    try:
        return _compiled(schema, terms)
    except Unusual:
        return None


def _compiled(schema: Schema, terms: Terms) -> Mutation:
    root = terms.schema.mutation_type
    if root is None or terms.operation.directives:
        raise Unusual
    found = selected(terms, root, [terms.operation.selection_set])
    if len(found) != 1:
        raise Unusual
    ((key, nodes),) = found.items()
    name = nodes[0].name.value
    field = root.fields.get(name)
    if field is None or len(nodes[0].arguments or ()) != len(field.args):
        raise Unusual
    known = strawberry_field(field)
    if not known.is_async:
        raise Unusual
    path = Path(None, key, root.name)
    written = writer(terms, field.type, nodes, path)
    meant = {schema.config.name_converter.from_argument(each): each for each in known.arguments}
    arguments = []
    for node in nodes[0].arguments or ():
        kind, argument = field.args[node.name.value].type, meant[node.name.value]
        arguments.append((argument.python_name, _spelt(node.value, kind, terms.operation), maker(kind, argument.type)))
    resolve = resolver(terms, root, field, nodes, path)
    place = f"{root.name}.{name}"
    return Mutation(key, place, tuple(scopes_of(known)), tuple(arguments), resolve, written.write, written.waits)


def _there(value: object) -> object:
    if value is _ABSENT:
        raise Unusual
    return value


def _spelt(node: ValueNode, kind: GraphQLInputType, operation: OperationDefinitionNode) -> Spell:
    """The value in a document, which is validated, as the JSON that a client would send for it."""
    if isinstance(node, VariableNode):
        return _variable(node.name.value, kind, operation)
    if isinstance(kind, GraphQLNonNull):
        return _spelt(node, kind.of_type, operation)
    if isinstance(node, ObjectValueNode) and isinstance(kind, GraphQLInputObjectType):
        fields = {each.name.value: each.value for each in node.fields}
        spells = [(name, _spelt(value, kind.fields[name].type, operation)) for name, value in fields.items()]
        return lambda given: {name: value for name, spell in spells if (value := spell(given)) is not _ABSENT}
    if isinstance(node, ListValueNode) and isinstance(kind, GraphQLList):
        each_of = [_spelt(value, kind.of_type, operation) for value in node.values]
        return lambda given: [_there(spell(given)) for spell in each_of]
    if isinstance(node, NullValueNode):
        return lambda _: None
    read = _CONSTANTS.get(type(node))
    if read is None:
        raise Unusual
    constant = read(node.value)  # type: ignore[attr-defined]  # each of them has one
    return lambda _: constant


def _variable(name: str, kind: GraphQLInputType, operation: OperationDefinitionNode) -> Spell:
    """Its place must ask for the same as its own type, so that judging the one judges the other."""
    declared = next(each for each in operation.variable_definitions or () if each.variable.name.value == name)
    own = print_ast(declared.type)
    same = own.removesuffix("!") == str(kind).removesuffix("!")
    if not same or declared.default_value is not None or declared.directives:
        raise Unusual
    if not own.endswith("!"):
        return lambda given: given.get(name, _ABSENT)

    def required(given: Variables) -> object:
        value = given.get(name)
        if value is None:
            raise Unusual
        return value

    return required
