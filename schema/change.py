"""Mutations without the framework's view of HTTP around them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import OperationType
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType as Allowed

from schema.context import Context
from schema.schema import HubSchema


async def change(
    schema: HubSchema,
    context: Context,
    text: str,
    variables: Mapping[str, Any] | None,  # Any: JSON
    operation_name: str | None,
) -> ExecutionResult | None:
    """What a mutation comes to; None, with nothing done, for any other operation.

    So it is for a document with mistakes, and for one too long to be kept.
    """
    document = schema.documents.find(text)
    operation = None if document is None or document.refused else document.operation(operation_name)
    if operation is None or operation.operation is not OperationType.MUTATION:
        return None
    return await schema.execute(
        text,
        variable_values=None if variables is None else dict(variables),
        context_value=context,
        operation_name=operation_name,
        allowed_operation_types={Allowed.MUTATION},
    )
