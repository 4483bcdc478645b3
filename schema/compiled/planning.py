"""The plans of a process: made once for each document, operation, rights and shape of variables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from hub.errors import RateLimited
from schema.compiled.apart import unpacked_roots
from schema.compiled.documents import Document
from schema.compiled.kept import KeptWith
from schema.compiled.plan import Plan, plan
from schema.compiled.reading import Question
from schema.compiled.select import Operation
from schema.compiled.shape import shape_of
from schema.compiled.spending import Spending
from schema.context import Context
from schema.schema import HubSchema

PLANS_KEPT: Final = 1_000

SQL_KEPT: Final = 40_000_000
"""Characters in the statements of all plans; a plan takes less than two bytes for each."""

PLANNED_SHARE: Final = 0.2
"""Of one processor for the plans of a subject, each 10 to 80 ms; a plan pays only for a document that comes again."""


class Plans:
    """A plan goes with its document, whose tree it holds."""

    def __init__(self, schema: HubSchema, clock_s: Callable[[], float]) -> None:
        self._schema, self._clock_s = schema, clock_s
        self._kept: KeptWith[Document, Plan] = KeptWith(PLANS_KEPT, SQL_KEPT)
        self._spending = Spending(clock_s, "too many documents were new", share=PLANNED_SHARE)

    async def plan(
        self, context: Context, text: str, document: Document, operation: Operation, given: bytes
    ) -> Plan | None:
        """For variables `given` in JSON. None for a new one of somebody whose plans took more than his share: resolvers
        answer it, bit by bit."""
        types = self._schema._schema.type_map
        shape = tuple((name, shape_of(value, types)) for name, value in operation.variables.coerced.items())
        name = operation.definition.name
        key = (None if name is None else name.value, operation.scopes, context.reach.only is not None, shape)
        known = self._kept.find(document, key)
        if known is not None:
            return known
        whose = context.principal.subject
        try:
            self._spending.check(whose)
            spent_s, made = await self._made(context, document, operation, Question(text, *key), given)
        except RateLimited:
            return None
        self._spending.charge(whose, spent_s)
        return self._kept.find(document, key) or self._kept.keep(document, key, made, made.weight)

    async def _made(
        self, context: Context, document: Document, operation: Operation, question: Question, given: bytes
    ) -> tuple[float, Plan]:
        """In the other process, if there is one, within so many seconds."""
        found = await context.plan_text(question, given)
        if found is None:
            began = self._clock_s()
            made = plan(operation, document.node, context.terms, alone=question.alone)
            return self._clock_s() - began, made
        roots = unpacked_roots(found.packed, self._schema, document) if found.packed else ()
        return found.spent_s, Plan(roots, document.node)
