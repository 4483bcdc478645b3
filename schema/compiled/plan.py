"""What a root field becomes: a statement with the bindings of its values, or the reason why resolvers answer it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLNamedType,
    GraphQLObjectType,
    OperationDefinitionNode,
    get_named_type,
    is_non_null_type,
)
from graphql.execution.collect_fields import FieldDetails, collect_fields
from graphql.execution.values import VariableValues
from sqlalchemy import ColumnElement, Select, Uuid, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from hub.errors import HubError
from hub.reads.compiled.build import as_bytes, object_text, of_one_page, page_text
from hub.reads.compiled.page import page_rows
from hub.reads.compiled.selection import Paged
from hub.reads.compiled.state import NOW, is_told_by_state, page_is_told_by_state, state_of, state_of_page
from hub.reads.compiled.statement import Statement, parameter, written
from hub.reads.customers import CustomerRow
from hub.reads.reach import EVERYONE, Reach
from hub.reads.relations import Relation
from schema.compiled.arguments import Asked, Binding, window_of, window_values
from schema.compiled.select import Denied, NotCompiled, Operation, Selecting, missing_scope
from schema.reads import READS, Arguments, ReadTerms, RootPage, RootRow

ONLY = "only"
"""The customer that the caller is, for callers who see themselves only."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What the driver binds: for the answer, and to ask for no more than its state."""

    arguments: tuple[object, ...]
    asking: Sequence[object]


@dataclass(frozen=True, slots=True)
class Root:
    """One root field. `statement` gives rows of the answer's bytes and the customers they show; None is for resolvers.

    `state` tells of what the answer is made, in the statement's own words behind the customers; None: not to be kept.
    """

    key: str
    name: str
    nodes: Sequence[FieldNode]
    nullable: bool
    why: str
    statement: Statement | None = None
    state: Statement | None = None
    constant: Mapping[str, object] = field(default_factory=dict)
    bindings: Sequence[Binding] = ()
    denied: Sequence[Denied] = ()

    def arguments(self, variables: VariableValues, terms: ReadTerms, now: object, only: object) -> Bound:
        """What the driver binds in this request; raises what is for the resolver to refuse."""
        if self.statement is None:
            raise NotCompiled(self.why)
        values: dict[str, object] = {NOW: now, ONLY: only, **self.constant}
        for binding in self.bindings:
            values |= binding.bound(variables, terms)
        asking = () if self.state is None else self.state.arguments(values)
        return Bound(tuple(self.statement.arguments(values)), asking)


Statements: TypeAlias = tuple[Statement, Statement | None]


@dataclass(frozen=True, slots=True)
class Plan:
    """The root fields of an operation in the order of its answer."""

    roots: Sequence[Root]
    document: DocumentNode

    @property
    def compiled(self) -> bool:
        """Whether there is anything that resolvers need not do."""
        return any(root.statement is not None for root in self.roots)

    def reduced(self, roots: Sequence[Root], whole: OperationDefinitionNode) -> DocumentNode:
        """The document with these root fields only, each where it was."""
        nodes = tuple(node for root in roots for node in root.nodes)
        less = replace(whole, selection_set=replace(whole.selection_set, selections=nodes))
        definitions = tuple(less if node is whole else node for node in self.document.definitions)
        return replace(self.document, definitions=definitions)


def plan(operation: Operation, document: DocumentNode, terms: ReadTerms, *, alone: bool) -> Plan:
    """The plan for variables of this shape; `alone`: for a caller who sees himself only."""
    kind = operation.schema._schema.query_type
    if kind is None:
        raise NotCompiled("there is nothing to read")
    collected = collect_fields(
        operation.schema._schema, dict(operation.fragments), operation.variables, kind, operation.definition
    )
    reach = Reach(parameter(ONLY, Uuid())) if alone else EVERYONE
    roots = [_root(operation, terms, kind, key, nodes, reach) for key, nodes in collected.grouped_field_set.items()]
    return Plan(roots, document)


def _root(
    operation: Operation,
    terms: ReadTerms,
    kind: GraphQLObjectType,
    key: str,
    nodes: Sequence[FieldDetails],
    reach: Reach,
) -> Root:
    name = nodes[0].node.name.value
    nullable = name == "__typename" or not is_non_null_type(kind.fields[name].type) if name in kind.fields else True
    made = Root(key, name, [detail.node for detail in nodes], nullable, "compiled")
    selecting = Selecting(operation)
    try:
        statement, state = _statements(operation, selecting, kind, key, nodes, reach)
        constant: dict[str, object] = {}
        for binding in selecting.bindings:
            if not binding.varies:
                constant |= binding.bound(operation.variables, terms)
    except (NotCompiled, HubError, GraphQLError, ValueError) as reason:
        return replace(made, why=str(reason) or type(reason).__name__)
    bindings = [binding for binding in selecting.bindings if binding.varies]
    return replace(
        made, statement=statement, state=state, constant=constant, bindings=bindings, denied=selecting.denied
    )


def _statements(
    operation: Operation,
    selecting: Selecting,
    kind: GraphQLObjectType,
    key: str,
    nodes: Sequence[FieldDetails],
    reach: Reach,
) -> Statements:
    name = nodes[0].node.name.value
    if name not in kind.fields:
        raise NotCompiled(f"{name} asks about the schema")
    asked = selecting.asked(kind, nodes[0].node)
    if missing_scope(asked.field, operation.scopes) is not None:
        raise NotCompiled(f"the caller may not use {name}")
    reads = asked.field.metadata.get(READS)
    arguments = asked.arguments(operation.variables)
    returned = get_named_type(kind.fields[name].type)
    if isinstance(reads, RootPage) and isinstance(returned, GraphQLObjectType):
        return _page(selecting, asked, reads, arguments, reach, returned, nodes)
    if not isinstance(reads, RootRow):
        raise NotCompiled(f"a resolver answers {name}")
    return _row(selecting, asked, reads, arguments, reach, returned, key, nodes)


def _row(
    selecting: Selecting,
    asked: Asked,
    reads: RootRow,
    arguments: Arguments,
    reach: Reach,
    returned: GraphQLNamedType,
    key: str,
    nodes: Sequence[FieldDetails],
) -> Statements:
    found = reads.find(arguments, reach, asked.slot)
    if found is None or found.scope not in {None, *selecting.operation.scopes}:
        raise NotCompiled(f"a resolver answers {asked.node.name.value} of these arguments")
    named = None if found.type_name is None else asked.schema._schema.get_type(found.type_name)
    kind = named or returned
    if not isinstance(kind, GraphQLObjectType):
        raise NotCompiled(f"what {asked.node.name.value} answers depends on the row")
    selecting.bindings.append(Binding(asked, reads.values))
    rows = found.statement.limit(2).subquery()
    text = object_text(selecting.object_of(kind, found.row, nodes, (key,)), rows)
    state = state_of(rows.c[found.shown])
    return _told(select(as_bytes(text), rows.c[found.shown]).select_from(rows), state, select(state).select_from(rows))


def _page(
    selecting: Selecting,
    asked: Asked,
    reads: RootPage,
    arguments: Arguments,
    reach: Reach,
    kind: GraphQLObjectType,
    nodes: Sequence[FieldDetails],
) -> Statements:
    order = reads.order(arguments)
    found = reads.find(arguments, reach, asked.slot)

    def values(given: Arguments, terms: ReadTerms) -> Mapping[str, object]:
        return window_values(reads.order(given), given, terms) | dict(reads.values(given, terms))

    selecting.bindings.append(Binding(asked, values))
    relation = Relation(found.row, lambda _: found.statement)
    page = Paged(relation, order, window_of(asked, order, arguments), selecting.connection(kind, found.row, nodes))
    cut = page_rows(page, found.statement)
    shown = cut.kept(func.array_agg(cut.rows.c[found.shown], type_=ARRAY(Uuid())))
    answer = of_one_page(select(as_bytes(page_text(page, cut)), shown), cut)
    if found.row is not CustomerRow or not page_is_told_by_state(page):
        return written(answer), None
    state = state_of_page(cut, found.shown)
    return _told(answer, state, of_one_page(select(state), cut))


def _told(answer: Select[Any], state: ColumnElement[str], alone: Select[Any]) -> Statements:
    """The answer with its state, and the state alone, where the state tells of all that the answer is made of."""
    if not is_told_by_state(answer):
        return written(answer), None
    return written(answer.add_columns(state)), written(alone)
