"""Queries answered by statements, and by resolvers for what is left of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import asyncpg
import orjson
from graphql import GraphQLError, OperationDefinitionNode, OperationType
from graphql.execution.values import get_variable_values
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType as Allowed

from hub.errors import HubError, Transient
from hub.reads.compiled.kept_answers import KeptAnswer
from hub.reads.compiled.state import NOW
from hub.reads.reach import ONLY
from hub.reads.viewer import EXPIRES, OWN_QUEUE, SUBJECT
from hub.store.statement import Statement
from schema.compiled.documents import LONGEST_KEPT, Document, Reduced
from schema.compiled.kept import KeptWith
from schema.compiled.plan import CHANGING, Bound, Plan, Root, for_resolvers
from schema.compiled.planning import Plans
from schema.compiled.select import NotCompiled, Operation
from schema.context import Context
from schema.deadline import too_long
from schema.errors import told
from schema.limits import bound_variables
from schema.schema import HubSchema

REQUESTS_KEPT: Final = 4_000
"""Requests whose variables need not be coerced again; each a kilobyte or two."""

KEPT: Final = "compiled, kept"
"""How a root field is told whose answer had been made before and still holds."""

VARIABLES_KEPT: Final = 1_000
"""Bytes of JSON; requests with more are coerced each time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`told` says of each root field which way it was answered, and why. Without a `result`, with nothing done, the
    operation is for strawberry as it comes."""

    result: ExecutionResult | None
    told: Mapping[str, str]


LEFT: Final = Answer(None, {})
"""Refused, or no query: there is nothing to tell of ways."""

NO_PLAN: Final = {"query": "no plan was made of it"}


@dataclass(slots=True)
class Asked:
    """A request without its caller: its plan, and by root field what the driver binds, once that is known."""

    operation: Operation
    plan: Plan
    cost: int
    introspects: bool
    bound: dict[str, Bound] = field(default_factory=dict)


class CompiledReads:
    """One for each process: its plans are kept by document, operation, rights and the shape of variables.

    What variables come to is kept as well, by their JSON: the same request comes again and again. All of it goes with
    the document, whose tree it holds.
    """

    def __init__(self, schema: HubSchema, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._schema = schema
        self._plans = Plans(schema, clock_s)
        self._asked: KeptWith[Document, Asked] = KeptWith(REQUESTS_KEPT)

    async def answer(
        self, context: Context, text: str, variables: Mapping[str, Any] | None, operation_name: str | None
    ) -> Answer:
        """The answer to a query that statements answer at least in part."""
        if not context.holds:
            return LEFT
        document = self._schema.documents.find(text) or await self._schema.documents.read(text, context)
        if document.refused:
            suggests = context.may_introspect()
            return Answer(ExecutionResult(None, [told(each, suggests=suggests) for each in document.errors()]), {})
        definition = document.operation(operation_name)
        if definition is None or definition.operation is not OperationType.QUERY:
            return LEFT
        bound_variables(variables, definition)
        given = orjson.dumps(variables)
        key = (operation_name, given, context.principal.scopes, context.principal.customer)
        kept = len(given) <= VARIABLES_KEPT and len(text) <= LONGEST_KEPT
        asked = self._asked.find(document, key) if kept else None
        if asked is None:
            read = await self._read(context, text, document, definition, variables, given)
            if isinstance(read, Answer):
                return read
            asked = self._asked.keep(document, key, read) if kept else read
        allowance = context.hub.admission.allowance(context.principal)
        if asked.cost > allowance.cost or (asked.introspects and not allowance.introspects):
            return LEFT
        if not asked.plan.compiled:
            return Answer(None, {root.key: root.why for root in asked.plan.roots} or NO_PLAN)
        answer = await _Run(self._schema, context, asked).answer(text, variables)
        if context.hub.tells_cost and answer.result is not None:
            answer.result.extensions = dict(context.told_cost(asked.cost))
        return answer

    async def _read(
        self,
        context: Context,
        text: str,
        document: Document,
        definition: OperationDefinitionNode,
        variables: Mapping[str, Any] | None,
        given: bytes,
    ) -> Asked | Answer:
        core = self._schema._schema
        coerced = get_variable_values(
            core, definition.variable_definitions or (), dict(variables or {}), max_errors=1, hide_suggestions=True
        )
        if isinstance(coerced, list):
            return LEFT
        name = None if definition.name is None else definition.name.value
        cost = document.cost(self._schema.documents.costs, name, variables or {})
        if cost > context.hub.admission.allowance(context.principal).cost:
            return LEFT
        operation = Operation(self._schema, document.fragments, definition, coerced, context.principal.scopes)
        made = await self._plans.plan(context, text, document, operation, given)
        return Answer(None, NO_PLAN) if made is None else Asked(operation, made, cost, document.introspects)


@dataclass(slots=True)
class _Run:
    """One request's way through a plan."""

    schema: HubSchema
    context: Context
    asked: Asked
    began: float = field(default_factory=time.monotonic)

    async def answer(self, text: str, variables: Mapping[str, Any] | None) -> Answer:
        """Statements first, then resolvers for the fields that no statement answered."""
        data: dict[str, object] = {}
        told: dict[str, str] = {}
        errors: list[GraphQLError] = []
        left: list[Root] = []
        for root in self.asked.plan.roots:
            told[root.key] = root.why
            try:
                data[root.key] = orjson.Fragment(await self._read(root, told))
                errors.extend(self._denied(root))
            except Transient as error:
                errors.append(GraphQLError(error.message, root.nodes, path=[root.key], original_error=error))
                data[root.key] = None
            except (
                NotCompiled,
                HubError,
                GraphQLError,
                ValueError,
                asyncpg.PostgresError,
                asyncpg.InterfaceError,
            ) as reason:
                told[root.key] = root.why if root.statement is None else for_resolvers(reason)
                left.append(root)
        if errors:
            self.schema.process_errors(errors)
        result = await self._resolved(text, variables, left) if left else ExecutionResult({}, [])
        return Answer(self._merged(data, errors, result), told)

    async def _read(self, root: Root, told: dict[str, str]) -> bytes:
        if root.statement is None:
            raise NotCompiled(root.why)
        if time.monotonic() - self.began > self.context.query_within_s():
            raise too_long(self.context.query_within_s())
        bound = self._bound(root, root.statement)
        kept = await self._kept(root, root.statement, bound)
        if kept is None:
            answer, shown = await self._made(root, root.statement, bound)
        else:
            told[root.key] = KEPT
            answer, shown = kept.answer, kept.shown
        if root.name == "nodes" and self.context.reach.only is not None and None in orjson.loads(answer):
            self.context.hides("Query.nodes")
        name = self.asked.operation.definition.name
        self.context.note_shown(f"Query.{root.name}", None if name is None else name.value, shown)
        return answer

    async def _kept(self, root: Root, statement: Statement, bound: Bound) -> KeptAnswer | None:
        """The answer that was made before, if the database still tells of the state that it was made of."""
        hub = self.context.hub
        known = None if root.state is None else hub.kept.find((statement.digest, bound.arguments))
        if known is None or root.state is None:
            return None
        rows = await hub.prepared.fetch(root.state.sql, bound.asking)
        return known if len(rows) == 1 and hub.kept.holds(known, rows[0][0]) else None

    async def _made(self, root: Root, statement: Statement, bound: Bound) -> tuple[bytes, Collection[UUID]]:
        hub = self.context.hub
        rows = await hub.prepared.fetch(statement.sql, bound.arguments)
        if len(rows) != 1:
            raise NotCompiled("not exactly one object was found")
        answer: bytes = rows[0][0]
        found: list[UUID | None] | UUID | None = rows[0][1]
        shown = frozenset(filter(None, found if isinstance(found, list) else [found]))
        if root.state is not None and rows[0][2] is not None:
            hub.kept.keep((statement.digest, bound.arguments), rows[0][2], answer, shown)
        return answer, shown

    def _bound(self, root: Root, statement: Statement) -> Bound:
        known = self.asked.bound.get(root.key)
        if known is not None:
            return known
        context = self.context
        principal = context.principal
        caller = {
            NOW: context.now(),
            ONLY: context.reach.only,
            SUBJECT: principal.subject,
            EXPIRES: principal.expires_at,
            OWN_QUEUE: context.own_queue,
        }
        bound = root.arguments(self.asked.operation.variables, context.terms, caller)
        if CHANGING.isdisjoint(statement.parameters):
            self.asked.bound[root.key] = bound
        return bound

    def _denied(self, root: Root) -> Iterator[GraphQLError]:
        for denied in root.denied:
            self.context.denies(denied.place)
            yield denied.error

    async def _resolved(self, text: str, variables: Mapping[str, Any] | None, roots: Sequence[Root]) -> ExecutionResult:
        whole = self.asked.operation.definition
        return await self.schema.execute(
            Reduced(text, self.asked.plan.reduced(roots, whole)),
            variable_values=dict(variables or {}),
            context_value=self.context,
            operation_name=None if whole.name is None else whole.name.value,
            allowed_operation_types={Allowed.QUERY},
        )

    def _merged(
        self, data: Mapping[str, object], errors: Sequence[GraphQLError], rest: ExecutionResult
    ) -> ExecutionResult:
        all_errors = [*errors, *(rest.errors or [])]
        fallen = any(data.get(root.key, ...) is None and not root.nullable for root in self.asked.plan.roots)
        if rest.data is None or fallen:
            return ExecutionResult(None, all_errors)
        whole = {
            root.key: data[root.key] if root.key in data else rest.data[root.key] for root in self.asked.plan.roots
        }
        return ExecutionResult(whole, all_errors or None)
