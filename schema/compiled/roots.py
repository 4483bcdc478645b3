"""The statement of a root field: one object, a page of a list, or the objects that a list of ids names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from graphql import GraphQLNamedType, GraphQLObjectType, get_named_type
from graphql.execution.collect_fields import FieldDetails
from sqlalchemy import ColumnElement, Select, func, literal_column, select

from hub.reads.compiled.build import as_bytes, list_text, object_text, of_one_page, page_text
from hub.reads.compiled.mixed import OfOneType, united
from hub.reads.compiled.page import page_rows
from hub.reads.compiled.selection import Object, One, Paged
from hub.reads.compiled.shown import of_page, of_row, of_rows, shown_beside, shown_on
from hub.reads.compiled.state import is_told_by_state, page_is_told_by_state, state_of, state_of_page
from hub.reads.customers import CustomerRow
from hub.reads.reach import Reach
from hub.reads.relations import Relation
from hub.store.statement import Statement, written
from schema.compiled.arguments import Asked, Binding, window_of
from schema.compiled.select import NotCompiled, Selecting, missing_scope
from schema.reads import READS, Arguments, Found, RootList, RootPage, RootRow

Statements: TypeAlias = tuple[Statement, Statement | None]
"""What gives the answer, and what tells of no more than its state."""

NOBODY: Final[ColumnElement[str]] = literal_column("'-'")
"""In the state of a list, where no object was found."""


def statements_of(
    selecting: Selecting,
    kind: GraphQLObjectType,
    key: str,
    nodes: Sequence[FieldDetails],
    reach: Reach,
) -> Statements:
    """NotCompiled for what resolvers must answer."""
    name = nodes[0].node.name.value
    if name not in kind.fields:
        raise NotCompiled(f"{name} asks about the schema")
    asked = selecting.asked(kind, nodes[0].node)
    if missing_scope(asked.field, selecting.operation.scopes) is not None:
        raise NotCompiled(f"the caller may not use {name}")
    reads = asked.field.metadata.get(READS)
    arguments = asked.arguments(selecting.operation.variables)
    returned = get_named_type(kind.fields[name].type)
    if isinstance(reads, RootPage) and isinstance(returned, GraphQLObjectType):
        return _page(selecting, asked, reads, arguments, reach, returned, nodes)
    if isinstance(reads, RootList):
        return _list(selecting, asked, reads, arguments, reach, nodes)
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
    kind = _kind(selecting, asked, found, returned)
    if found is None or kind is None:
        raise NotCompiled(f"a resolver answers {asked.node.name.value} of these arguments")
    selecting.bindings.append(Binding.of(asked))
    rows = found.statement.limit(2).subquery()
    picked = selecting.object_of(kind, found.row, nodes, (key,))
    if found.through is not None and not _shows(picked, found.through):
        raise NotCompiled(f"{asked.node.name.value} shows nobody")
    beside = shown_beside(picked, rows)
    own = None if found.shown is None else rows.c[found.shown]
    answer = select(as_bytes(object_text(picked, rows)), of_row(own, beside)).select_from(rows)
    if own is None or beside:
        return written(answer), None
    state = state_of(own)
    return _told(answer, state, select(state).select_from(rows))


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
    if found is None:
        raise NotCompiled(f"a resolver answers {asked.node.name.value} of these arguments")
    selecting.bindings.append(Binding.of(asked))
    relation = Relation(found.row, lambda _: found.statement)
    page = Paged(relation, order, window_of(asked, order, arguments), selecting.connection(kind, found.row, nodes))
    cut = page_rows(page, found.statement)
    beside = [text for node in shown_on(page) for text in shown_beside(node, cut.rows)]
    answer = of_one_page(select(as_bytes(page_text(page, cut)), of_page(cut, found.shown, beside)), cut)
    if found.row is not CustomerRow or found.shown is None or beside or not page_is_told_by_state(page):
        return written(answer), None
    state = state_of_page(cut, found.shown)
    return _told(answer, state, of_one_page(select(state), cut))


def _told(answer: Select[Any], state: ColumnElement[str], alone: Select[Any]) -> Statements:
    """The answer with its state, and the state alone, where the state tells of all that the answer is made of."""
    if not is_told_by_state(answer):
        return written(answer), None
    return written(answer.add_columns(state)), written(alone)


def _list(
    selecting: Selecting,
    asked: Asked,
    reads: RootList,
    arguments: Arguments,
    reach: Reach,
    nodes: Sequence[FieldDetails],
) -> Statements:
    found = reads.find_each(arguments, reach, asked.slot) or ()
    kinds = [_kind(selecting, asked, each, None) for each in found]
    if not found or None in kinds:
        raise NotCompiled(f"a resolver answers {asked.node.name.value} of these arguments")
    selecting.bindings.append(Binding.of(asked))
    parts = [_element(selecting, each, kind, nodes) for each, kind in zip(found, kinds, strict=True) if kind]
    if len(parts) > 1:
        return written(united(parts)), None
    (part,) = parts
    answer = select(as_bytes(list_text(part.picked, part.rows)), of_rows(part.own, part.beside)).select_from(part.rows)
    if part.picked.row is not CustomerRow or part.own is None or part.beside:
        return written(answer), None
    state = func.string_agg(func.coalesce(state_of(part.own), NOBODY), literal_column("';'"))
    return _told(answer, state, select(state).select_from(part.rows))


def _element(selecting: Selecting, found: Found, kind: GraphQLObjectType, nodes: Sequence[FieldDetails]) -> OfOneType:
    rows = found.statement.subquery()
    picked = selecting.object_of(kind, found.row, nodes, None)
    own = None if found.shown is None else rows.c[found.shown]
    return OfOneType(picked, rows, own, shown_beside(picked, rows))


def _kind(
    selecting: Selecting, asked: Asked, found: Found | None, returned: GraphQLNamedType | None
) -> GraphQLObjectType | None:
    """The type of what was found; None where the caller may not see that type, or nothing is known of it."""
    if found is None or found.scope not in {None, *selecting.operation.scopes}:
        return None
    kind = returned if found.type_name is None else asked.schema._schema.get_type(found.type_name)
    if not isinstance(kind, GraphQLObjectType):
        raise NotCompiled(f"what {asked.node.name.value} answers depends on the row")
    return kind


def _shows(picked: Object, relation: Relation) -> bool:
    return any(isinstance(value, One) and value.relation is relation for value in picked.picked.values())
