"""Mutations without the framework around them: compiled where they can be, and otherwise without its view of HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from graphql import OperationDefinitionNode, OperationType
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType as Allowed

from hub.errors import HubError
from schema.compiled.documents import Document
from schema.compiled.inputs import Unusual
from schema.compiled.mutation import Mutation, compiled
from schema.compiled.resolving import Terms
from schema.context import Context
from schema.limits import bound_variables
from schema.schema import HubSchema
from schema.settled import Settled

Variables = Mapping[str, Any]  # Any: JSON


class Changes:
    """Carries mutations out; each that was sent before is found compiled."""

    def __init__(self, schema: HubSchema) -> None:
        self._schema = schema
        self._compiled: WeakKeyDictionary[Document, dict[str | None, Mutation | None]] = WeakKeyDictionary()

    async def change(
        self, context: Context, text: str, variables: Variables | None, operation_name: str | None
    ) -> ExecutionResult | None:
        """What a mutation comes to; None, with nothing done, for any other operation.

        So it is for a document with mistakes, and for one too long to be kept.
        """
        document = self._schema.documents.find(text)
        operation = None if document is None or document.refused else document.operation(operation_name)
        if document is None or operation is None or operation.operation is not OperationType.MUTATION:
            return None
        mutation = self._mutation(document, operation, operation_name)
        if mutation is not None:
            answer = await self._answered(context, document, mutation, variables or {}, operation_name)
            if answer is not None:
                return answer
        return await self._schema.execute(
            text,
            variable_values=None if variables is None else dict(variables),
            context_value=context,
            operation_name=operation_name,
            allowed_operation_types={Allowed.MUTATION},
        )

    def _mutation(self, document: Document, operation: OperationDefinitionNode, name: str | None) -> Mutation | None:
        known = self._compiled.setdefault(document, {})
        if name not in known:
            fragments = {each: details.definition for each, details in document.fragments.items()}
            terms = Terms(self._schema.schema_converter, self._schema._schema, operation, fragments)
            known[name] = None if document.introspects else compiled(self._schema, terms)
        return known[name]

    async def _answered(
        self, context: Context, document: Document, mutation: Mutation, variables: Variables, name: str | None
    ) -> ExecutionResult | None:
        """None for what is to be told the ordinary way: a refusal, or what `context.settled` has come to."""
        try:
            bound_variables(variables, document.operation(name))
            cost = document.cost(self._schema.documents.costs, name, variables)
            told = dict(context.told_cost(cost))
            context.afford(cost)
            given = mutation.given(variables)
        except (HubError, Unusual):
            return None
        try:
            payload = await mutation.carry_out(context, given)
        except Exception as error:  # noqa: BLE001  told as any resolver's error is
            context.settled = Settled(error=error)
            return None
        try:
            data = await mutation.written(context, payload)
        except Exception:  # noqa: BLE001  met again where it is told
            context.settled = Settled(payload)
            return None
        return ExecutionResult(data=data, errors=None, extensions=told)
