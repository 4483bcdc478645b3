"""What a root field becomes: a statement with the bindings of its values, or the reason why resolvers answer it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    OperationDefinitionNode,
    is_non_null_type,
)
from graphql.execution.collect_fields import FieldDetails, collect_fields
from graphql.execution.values import VariableValues

from hub.errors import HubError
from hub.reads.compiled.state import NOW
from hub.reads.reach import Reach, reach_of_callers
from hub.reads.viewer import EXPIRES, OWN_QUEUE, SUBJECT
from hub.store.statement import Statement
from schema.compiled.arguments import Binding
from schema.compiled.roots import statements_of
from schema.compiled.select import Denied, NotCompiled, Operation, Selecting
from schema.reads import ReadTerms

CHANGING: Final = frozenset({NOW, SUBJECT, EXPIRES, OWN_QUEUE})
"""Parameters whose values the next request of the same kind does not share."""


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

    def arguments(self, variables: VariableValues, terms: ReadTerms, caller: Mapping[str, object]) -> Bound:
        """What the driver binds in this request; raises what is for the resolver to refuse.

        `caller` are the values of ONLY and CHANGING.
        """
        if self.statement is None:
            raise NotCompiled(self.why)
        values: dict[str, object] = {**caller, **self.constant}
        for binding in self.bindings:
            values |= binding.bound(variables, terms)
        asking = () if self.state is None else self.state.arguments(values)
        given = self.statement.arguments(values)
        return Bound(tuple(tuple(value) if isinstance(value, list) else value for value in given), asking)


@dataclass(frozen=True, slots=True)
class Plan:
    """The root fields of an operation in the order of its answer."""

    roots: Sequence[Root]
    document: DocumentNode

    @property
    def compiled(self) -> bool:
        """Whether there is anything that resolvers need not do."""
        return any(root.statement is not None for root in self.roots)

    @property
    def weight(self) -> int:
        """Characters of its statements."""
        return sum(len(each.sql) for root in self.roots for each in (root.statement, root.state) if each is not None)

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
    reach = reach_of_callers(alone=alone)
    roots = [_root(operation, terms, kind, key, nodes, reach) for key, nodes in collected.grouped_field_set.items()]
    return Plan(roots, document)


def for_resolvers(reason: Exception) -> str:
    """How it is told that arguments are for the resolver to refuse."""
    return f"{type(reason).__name__} is for resolvers"


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
    selecting = Selecting(operation, reach, terms)
    try:
        statement, state = statements_of(selecting, kind, key, nodes, reach)
        constant: dict[str, object] = {}
        for binding in selecting.bindings:
            if not binding.varies:
                constant |= binding.bound(operation.variables, terms)
    except NotCompiled as reason:
        return replace(made, why=str(reason))
    except (HubError, GraphQLError, ValueError) as reason:
        # Without its words, in which the values of who asked first may stand.
        return replace(made, why=for_resolvers(reason))
    bindings = [binding for binding in selecting.bindings if binding.varies]
    return replace(
        made, statement=statement, state=state, constant=constant, bindings=bindings, denied=selecting.denied
    )
