"""Resolvers called with what strawberry gives them, found once per field of a selection."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    BooleanValueNode,
    EnumValueNode,
    FieldNode,
    FloatValueNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    IntValueNode,
    NullValueNode,
    OperationDefinitionNode,
    StringValueNode,
)
from graphql.execution.values import VariableValues, get_argument_values
from graphql.pyutils import Path, is_awaitable
from graphql.type.definition import GraphQLResolveInfoHelpers
from strawberry.relay import Node
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import convert_arguments
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField
from strawberry.types.info import Info

from schema.authorise import Requires
from schema.bounded import BoundedTexts, check_texts
from schema.compiled.inputs import UNCHANGING, Unusual
from schema.context import Context

Resolve = Callable[..., Any]  # Any: a source, a context and arguments; whatever the field gives


@dataclass(frozen=True, slots=True)
class Terms:
    """What the fields of one operation have in common."""

    converter: GraphQLCoreConverter
    schema: GraphQLSchema
    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]


async def _all_of(waiting: Sequence[Awaitable[Any]]) -> list[Any]:
    return list(await asyncio.gather(*waiting))


_CONSTANT: Final = (StringValueNode, IntValueNode, FloatValueNode, BooleanValueNode, EnumValueNode, NullValueNode)
_NO_VARIABLES: Final = VariableValues({}, {})
_HELPERS: Final = GraphQLResolveInfoHelpers(_all_of, lambda _: None)


def scopes_of(field: StrawberryField) -> list[Requires]:
    """What the field asks of a token; Unusual where more than that stands around its resolver."""
    found = [each for each in field.extensions if isinstance(each, Requires)]
    others = [each for each in field.extensions if not isinstance(each, (Requires, BoundedTexts))]
    if others or field.permission_classes:
        raise Unusual
    return found


def resolver(
    terms: Terms, kind: GraphQLObjectType, field: GraphQLField, nodes: Sequence[FieldNode], path: Path
) -> Resolve:
    """What calls the field's resolver with a source, the request's context and arguments beside those of the document.

    The token is not asked here but for fields within others: see `guarded`.
    """
    known = strawberry_field(field)
    base = known.base_resolver
    if base is None or base.parent_parameter or not callable(base.wrapped_func):
        raise Unusual
    call, named, root, takes = base.wrapped_func, base.self_parameter, base.root_parameter, base.info_parameter
    name, document = nodes[0].name.value, (terms.schema, dict(terms.fragments), None, terms.operation)
    bounded = any(isinstance(each, BoundedTexts) for each in known.extensions)
    head = (name, list(nodes), field.type, kind, path, *document, _NO_VARIABLES)

    def resolve(source: Any, context: Context, arguments: Mapping[str, Any]) -> Any:
        if bounded:
            check_texts(arguments)
        given = dict(arguments)
        if root is not None:
            given[root.name] = source
        if takes is not None:
            given[takes.name] = Info(GraphQLResolveInfo(*head, context, is_awaitable, None, _HELPERS), known)
        return call(source, **given) if named is not None else call(**given)

    return resolve


def strawberry_field(field: GraphQLField) -> StrawberryField:
    """As it was declared."""
    known: object = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if not isinstance(known, StrawberryField):
        raise Unusual
    return known


def guarded(
    terms: Terms, kind: GraphQLObjectType, field: GraphQLField, nodes: Sequence[FieldNode], path: Path
) -> Callable[[Any, Context], Any]:
    """As `resolver`, with the document's own arguments and behind what the field asks of the token.

    Raises as `Context.authorise`; that it was refused is noted where the error is told.
    """
    resolve = resolver(terms, kind, field, nodes, path)
    scopes = [each.scope for each in scopes_of(strawberry_field(field))]
    arguments = _written_out(terms, field, nodes[0])

    def called(source: Any, context: Context) -> Any:
        for scope in scopes:
            context.authorise(scope)
        return resolve(source, context, arguments)

    return called


def _written_out(terms: Terms, field: GraphQLField, node: FieldNode) -> Mapping[str, Any]:
    """The arguments in the document and the defaults of others; Unusual for variables and for what could be changed."""
    if not all(isinstance(argument.value, _CONSTANT) for argument in node.arguments or ()):
        raise Unusual
    given = get_argument_values(field, node)
    known, converter = strawberry_field(field), terms.converter
    arguments = convert_arguments(given, known.arguments, converter.scalar_registry, converter.config)
    if not all(isinstance(value, UNCHANGING) for value in arguments.values()):
        raise Unusual
    return arguments


def key_of_node(kind: GraphQLObjectType) -> str | None:
    """The attribute that tells the objects of a type apart, where its global id is made as strawberry makes them."""
    definition: object = kind.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    origin = definition.origin if isinstance(definition, StrawberryObjectDefinition) else None
    if origin is None or not issubclass(origin, Node):
        return None
    plain = all(
        getattr(origin, each).__func__ is getattr(Node, each).__func__ for each in ("resolve_id", "resolve_typename")
    )
    return origin.resolve_id_attr() if plain else None
