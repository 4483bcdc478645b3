"""From a validated document to what it selects; what no statement can answer is said by NotCompiled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLID,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLString,
    OperationDefinitionNode,
    get_named_type,
    is_leaf_type,
    is_non_null_type,
)
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, collect_subfields
from graphql.execution.values import VariableValues
from strawberry.schema import Schema
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from hub.access.authorise import lacking
from hub.access.principal import Scope
from hub.reads.compiled.selection import (
    Constant,
    Cursor,
    Edges,
    GlobalId,
    Made,
    Many,
    Object,
    One,
    Paged,
    PageFact,
    PageFacts,
    Selected,
    Total,
    Value,
)
from hub.reads.reach import Reach
from hub.reads.relations import Derived, Guarded, Relation
from hub.reads.rows import nullable_fields
from schema.authorise import Requires
from schema.compiled.arguments import Asked, Binding, asked_of, window_of
from schema.reads import READS, Argued, Configured, OfScopes, Pages, ReadTerms
from schema.types.of_row import OfRow, enum_of

NULL = Constant("null")


class NotCompiled(Exception):
    """A selection that resolvers must answer, and why."""


@dataclass(slots=True)
class Operation:
    """What the selection depends on beside the document: variables of some shape, and the scopes of the caller."""

    schema: Schema
    fragments: Mapping[str, FragmentDetails]
    definition: OperationDefinitionNode
    variables: VariableValues
    scopes: frozenset[Scope]


@dataclass(frozen=True, slots=True)
class Denied:
    """A place in the schema that the caller may not see for want of a scope; the path to it in the answer."""

    place: str
    missing: Scope
    nodes: Sequence[FieldNode]
    path: tuple[str, ...]

    @property
    def error(self) -> GraphQLError:
        """What he is told."""
        refusal = lacking(self.missing)
        return GraphQLError(refusal.message, self.nodes, path=self.path, original_error=refusal)


@dataclass(slots=True)
class Selecting:
    """Collects one root field's selection, the bindings of its arguments, and what the caller may not see in it."""

    operation: Operation
    reach: Reach
    terms: ReadTerms
    bindings: list[Binding] = field(default_factory=list)
    denied: list[Denied] = field(default_factory=list)
    _asked: int = 0

    def object_of(
        self, kind: GraphQLObjectType, row: type, nodes: Sequence[FieldDetails], path: tuple[str, ...] | None
    ) -> Object:
        """The object of `row` that the nodes select from; `path` leads to it, None where a list lies on the way."""
        picked = {
            key: self._field(kind, row, inner, None if path is None else (*path, key))
            for key, inner in self.below(kind, nodes)
        }
        return Object(row, picked)

    def below(
        self, kind: GraphQLObjectType, nodes: Sequence[FieldDetails]
    ) -> Sequence[tuple[str, Sequence[FieldDetails]]]:
        """Response keys in order, each with all its nodes: fragments, directives and merging are behind us."""
        operation = self.operation
        collected = collect_subfields(
            operation.schema._schema,
            dict(operation.fragments),
            operation.variables,
            operation.definition,
            kind,
            list(nodes),
        )
        return list(collected.grouped_field_set.items())

    def asked(self, kind: GraphQLObjectType, node: FieldNode) -> Asked:
        """A field with its arguments, under a name of its own in the statement."""
        self._asked += 1
        return asked_of(self.operation.schema, kind, node, f"a{self._asked}")

    def paged(self, asked: Asked, pages: Pages, nodes: Sequence[FieldDetails], kind: GraphQLObjectType) -> Paged:
        """A window of a customer's own parts."""
        arguments = asked.arguments(self.operation.variables)
        order = pages.part.order
        self.bindings.append(Binding.of(asked))
        picked = self.connection(kind, pages.part.row, nodes)
        return Paged(pages.relation(arguments), order, window_of(asked, order, arguments), picked)

    def connection(
        self, kind: GraphQLObjectType, row: type, nodes: Sequence[FieldDetails]
    ) -> Mapping[str, Constant | Edges | PageFacts | Total]:
        """What is selected of a connection."""
        picked: dict[str, Constant | Edges | PageFacts | Total] = {}
        for key, inner in self.below(kind, nodes):
            name = inner[0].node.name.value
            if name == "__typename":
                picked[key] = _name_of(kind)
            elif name == "totalCount":
                picked[key] = Total()
            elif name == "pageInfo":
                picked[key] = self._page_facts(_object(kind.fields[name].type), inner)
            else:
                picked[key] = self._edges(_object(kind.fields[name].type), row, inner)
        return picked

    def _page_facts(self, kind: GraphQLObjectType, nodes: Sequence[FieldDetails]) -> PageFacts:
        picked: dict[str, Constant | PageFact] = {}
        for key, inner in self.below(kind, nodes):
            name = inner[0].node.name.value
            plain = name == "__typename"
            picked[key] = _name_of(kind) if plain else PageFact(_definition(kind, name).python_name)
        return PageFacts(picked)

    def _edges(self, kind: GraphQLObjectType, row: type, nodes: Sequence[FieldDetails]) -> Edges:
        picked: dict[str, Constant | Cursor | Object] = {}
        for key, inner in self.below(kind, nodes):
            name = inner[0].node.name.value
            if name == "node":
                picked[key] = self.object_of(_object(kind.fields[name].type), row, inner, None)
            else:
                picked[key] = _name_of(kind) if name == "__typename" else Cursor()
        return Edges(picked)

    def _field(
        self, kind: GraphQLObjectType, row: type, nodes: Sequence[FieldDetails], path: tuple[str, ...] | None
    ) -> Selected:
        name = nodes[0].node.name.value
        if name == "__typename":
            return _name_of(kind)
        definition = _definition(kind, name)
        if self._refused(definition, kind, nodes, path):
            return NULL
        reads = definition.metadata.get(READS)
        if reads is None:
            return _plain(kind, row, name, definition)
        if isinstance(reads, OfScopes):
            return Constant(orjson.dumps(sorted(self.operation.scopes)).decode())
        if isinstance(reads, Configured):
            return Constant(orjson.dumps(reads.tell(self.terms)).decode())
        if isinstance(reads, Derived):
            return Made(reads, _names(definition))
        returned = _object(kind.fields[name].type)
        if isinstance(reads, Pages):
            return self.paged(self.asked(kind, nodes[0].node), reads, nodes, returned)
        reads = self._relation(reads, kind, nodes)
        if not isinstance(reads, Relation):
            raise NotCompiled(f"{kind.name}.{name} is no field of a row")
        if returned is get_named_type(kind.fields[name].type) and _is_list(kind.fields[name].type):
            return Many(reads, self.object_of(returned, reads.row, nodes, None))
        return One(reads, self.object_of(returned, reads.row, nodes, None))

    def _relation(self, reads: object, kind: GraphQLObjectType, nodes: Sequence[FieldDetails]) -> object:
        if isinstance(reads, Guarded):
            return reads.within(self.reach)
        if isinstance(reads, Argued):
            asked = self.asked(kind, nodes[0].node)
            self.bindings.append(Binding.of(asked))
            return reads.relation(asked.arguments(self.operation.variables), asked.slot)
        return reads

    def _refused(
        self,
        definition: StrawberryField,
        kind: GraphQLObjectType,
        nodes: Sequence[FieldDetails],
        path: tuple[str, ...] | None,
    ) -> bool:
        """Whether the caller's token lacks a scope; then the field is null and the error is known beforehand."""
        missing = missing_scope(definition, self.operation.scopes)
        if missing is None:
            return False
        if path is None or is_non_null_type(kind.fields[nodes[0].node.name.value].type):
            raise NotCompiled(f"the caller may not see {kind.name}.{definition.python_name}")
        place = f"{kind.name}.{nodes[0].node.name.value}"
        self.denied.append(Denied(place, missing, [detail.node for detail in nodes], path))
        return True


def missing_scope(definition: StrawberryField, scopes: frozenset[Scope]) -> Scope | None:
    """What a field requires and the token lacks."""
    required = next((extension.scope for extension in definition.extensions if isinstance(extension, Requires)), None)
    return None if required in scopes else required


def _plain(kind: GraphQLObjectType, row: type, name: str, definition: StrawberryField) -> Selected:
    origin = _origin(kind)
    if name == "id" and get_named_type(kind.fields[name].type) is GraphQLID:
        return GlobalId(kind.name)
    column = origin.named.get(definition.python_name, definition.python_name)
    returned = kind.fields[name].type
    if definition.base_resolver is not None or column not in getattr(row, "__dataclass_fields__", ()):
        raise NotCompiled(f"a resolver answers {kind.name}.{name}")
    inner = get_named_type(returned)
    if not is_leaf_type(inner) or (_is_list(returned) and inner is not GraphQLString):
        raise NotCompiled(f"{kind.name}.{name} is no single value")
    if is_non_null_type(returned) and column in nullable_fields(row):
        raise NotCompiled(f"{kind.name}.{name} may be missing in a row")
    return Value(column, _names(definition))


def _names(definition: StrawberryField) -> tuple[str, ...]:
    enum = enum_of(definition)
    return () if enum is None else tuple(enum.__members__)


def _origin(kind: GraphQLObjectType) -> type[OfRow]:
    definition = kind.extensions["strawberry-definition"]
    if isinstance(definition, StrawberryObjectDefinition) and issubclass(definition.origin, OfRow):
        return definition.origin
    raise NotCompiled(f"{kind.name} is not made of a row")


def _definition(kind: GraphQLObjectType, name: str) -> StrawberryField:
    definition: StrawberryField = kind.fields[name].extensions["strawberry-definition"]
    return definition


def _object(returned: GraphQLOutputType) -> GraphQLObjectType:
    kind = get_named_type(returned)
    if not isinstance(kind, GraphQLObjectType):
        raise NotCompiled(f"what {kind.name} is depends on the row")
    return kind


def _is_list(kind: Any) -> bool:
    return "[" in str(kind)


def _name_of(kind: GraphQLObjectType) -> Constant:
    return Constant(orjson.dumps(kind.name).decode())
