"""The schema as a subgraph of Apollo Federation 2: whatever has a global id is an entity by it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, cast

from graphql import DefinitionNode, DocumentNode, ObjectTypeDefinitionNode, parse, print_ast

from schema.queries.node import NODE_TYPES

_LINK: Final = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@shareable"])'

_KEYED: Final = 'type Keyed @key(fields: "id")'
_SHARED: Final = "type Shared @shareable"

_OF_EVERYBODY: Final = frozenset({"PageInfo"})
"""Types that any subgraph with lists has in the same shape."""


def as_subgraph(sdl: str) -> str:
    """The SDL with the directives by which a gateway composes it, ending with a newline."""
    definitions = [_marked(definition) for definition in parse(sdl).definitions]
    return print_ast(DocumentNode(definitions=(*parse(_LINK).definitions, *definitions))) + "\n"


def _marked(definition: DefinitionNode) -> DefinitionNode:
    if not isinstance(definition, ObjectTypeDefinitionNode):
        return definition
    if definition.name.value in NODE_TYPES:
        return _with_directives_of(_KEYED, definition)
    return _with_directives_of(_SHARED, definition) if definition.name.value in _OF_EVERYBODY else definition


def _with_directives_of(model: str, definition: ObjectTypeDefinitionNode) -> ObjectTypeDefinitionNode:
    marked = cast("ObjectTypeDefinitionNode", parse(model).definitions[0])
    return replace(definition, directives=marked.directives)
