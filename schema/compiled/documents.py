"""Documents read and validated once, for as long as clients send them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from functools import cached_property
from hashlib import blake2b
from typing import Any, Final, Protocol, runtime_checkable

from graphql import (
    DocumentNode,
    ExecutableDefinitionNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    InlineFragmentNode,
    NameNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
)
from graphql.execution.collect_fields import FragmentDetails
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionContext

from hub.errors import HubError
from schema.compiled.kept import Kept
from schema.compiled.reading import Read, Reading, ReadsTexts
from schema.cost import Costs, cost_of, sizes_told
from schema.limits import bound_variables

DOCUMENTS_KEPT: Final = 500
TEXT_KEPT: Final = 1_000_000
"""Characters of all of them; a tree takes about a hundred bytes for each."""

REFUSED_KEPT: Final = 500

LONGEST_KEPT: Final = 20_000
"""Characters of a document that is kept among all others."""

LONG_KEPT: Final = 10
"""Longer ones are kept apart, and few: nobody may push out what others ask for by what he pads his own with."""

COSTS_KEPT: Final = 200
"""Of one document, by the lengths that its variables ask for."""


@runtime_checkable
class Asking(Protocol):
    """Who sent an operation."""

    def afford(self, cost: int) -> None:
        """Raise TooCostly beyond what he may ask for."""
        ...

    def told_cost(self, cost: int) -> Mapping[str, object]:
        """What `extensions` say of it; empty outside development."""
        ...

    def may_introspect(self) -> bool:
        """Whether the schema tells him about itself."""
        ...


NOTHING_READ: Final = DocumentNode(definitions=())


class Document:
    """A document whose text was read, and what came of it."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._slicing: dict[str | None, list[str]] = {}
        self._costs: dict[tuple[str | None, tuple[int | None, ...]], int] = {}

    @property
    def refused(self) -> bool:
        """Whether it cannot be executed at all."""
        return self._reading.node is None

    @property
    def node(self) -> DocumentNode:
        """The tree; one without definitions where the document is refused."""
        return self._reading.node or NOTHING_READ

    def errors(self) -> list[GraphQLError]:
        """Why it is refused, as callers are told; new ones for each answer."""
        return self._reading.errors()

    @property
    def introspects(self) -> bool:
        """Whether it asks about the schema itself."""
        return bool(self._reading.introspection)

    def not_for_him(self) -> list[GraphQLError]:
        """Where it asks about the schema, as those are told who may not."""
        return self._reading.not_for_all()

    def cost(self, costs: Costs, name: str | None, variables: Mapping[str, Any]) -> int:
        """Of one operation with these variables; only those that say how long a list is are told apart."""
        operation = self.operation(name)
        if operation is None:
            return 0
        slicing = self._slicing.get(name)
        key = None if slicing is None else (name, sizes_told(slicing, variables))
        if key is not None and key in self._costs:
            return self._costs[key]
        fragments = {name: details.definition for name, details in self.fragments.items()}
        cost, asked = cost_of(costs, fragments, operation, variables)
        self._slicing[name] = sorted(asked)
        if len(self._costs) < COSTS_KEPT:
            self._costs[name, sizes_told(self._slicing[name], variables)] = cost
        return cost

    @cached_property
    def fragments(self) -> dict[str, FragmentDetails]:
        """By name."""
        definitions = self.node.definitions
        return {
            node.name.value: FragmentDetails(node) for node in definitions if isinstance(node, FragmentDefinitionNode)
        }

    @cached_property
    def fields(self) -> Sequence[FieldNode]:
        """Of all its selections, in an order that is the same wherever the text was read."""
        found: list[FieldNode] = []
        left = [each.selection_set for each in self.node.definitions if isinstance(each, ExecutableDefinitionNode)]
        while left:
            for selection in left.pop().selections:
                if isinstance(selection, FieldNode):
                    found.append(selection)
                if isinstance(selection, FieldNode | InlineFragmentNode) and selection.selection_set is not None:
                    left.append(selection.selection_set)
        return found

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """The one of that name; where none is named the only one there is (GraphQL, section 6.1)."""
        operations = [node for node in self.node.definitions if isinstance(node, OperationDefinitionNode)]
        if name is None:
            return operations[0] if len(operations) == 1 else None
        return next((node for node in operations if node.name and node.name.value == name), None)

    def follows(self, name: str | None) -> bool:
        """Whether the operation of that name is a subscription."""
        operation = self.operation(name)
        return operation is not None and operation.operation is OperationType.SUBSCRIPTION


class Documents:
    """By their text. Refused ones are kept by their digest: what they say is short, however long they are."""

    def __init__(self, read: Read, costs: Costs) -> None:
        self.costs = costs
        self.reading = read
        self._kept: Kept[str, Document] = Kept(DOCUMENTS_KEPT, TEXT_KEPT)
        self._long: Kept[str, Document] = Kept(LONG_KEPT)
        self._refused: Kept[bytes, Document] = Kept(REFUSED_KEPT)

    def find(self, text: str) -> Document | None:
        """What is known of the text."""
        known = (self._kept if len(text) <= LONGEST_KEPT else self._long).find(text)
        if known is not None or not len(self._refused):
            return known
        return self._refused.find(_digest(text))

    async def read(self, text: str, on_behalf: object) -> Document:
        """The document, read now unless it is known; elsewhere where he `ReadsTexts`."""
        known = self.find(text)
        if known is not None:
            return known
        reading = await on_behalf.read_text(text) if isinstance(on_behalf, ReadsTexts) else None
        return self.find(text) or self._keep(text, Document(self.reading(text) if reading is None else reading))

    def _keep(self, text: str, document: Document) -> Document:
        if document.refused:
            return self._refused.keep(_digest(text), document)
        if len(text) > LONGEST_KEPT:
            return self._long.keep(text, document)
        return self._kept.keep(text, document, len(text))


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Reduced(str):
    """The text of a document of which only a part is left to execute."""

    __slots__ = ("document",)

    document: DocumentNode

    def __new__(cls, text: str, document: DocumentNode) -> Reduced:
        """`document` was validated as a part of the whole."""
        made = super().__new__(cls, text)
        made.document = document
        return made


class KnownDocuments(SchemaExtension):
    """Spares strawberry the reading and validating of what was seen before; what cannot be read it tells itself."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._document: Document | None = None
        self._unread: HubError | None = None
        self._cost: dict[str, object] = {}

    async def on_parse(self) -> AsyncIterator[None]:
        """Read the text; where it is refused an empty query stands in its place until that is told."""
        context = self.execution_context
        text = context.query
        if isinstance(text, Reduced):
            self._document = Document(Reading(text.document))
        elif text:
            try:
                self._document = await self._documents.read(text, context.context)
            except HubError as error:
                self._unread = error
        if self._unread is not None:
            context.graphql_document = _in_place_of(context)
        if self._document is not None:
            context.graphql_document = _in_place_of(context) if self._document.refused else self._document.node
        yield

    def on_validate(self) -> Iterator[None]:
        """Validate it. What callers are told is written into the list of errors, so they get a list of their own."""
        if self._unread is not None:
            error = GraphQLError(self._unread.message, original_error=self._unread)
            self.execution_context.pre_execution_errors = [error]
        if self._document is not None:
            errors = self._document.errors()
            self.execution_context.pre_execution_errors = errors or self._refusals(self._document)
        yield

    def _refusals(self, document: Document) -> list[GraphQLError]:
        """What a caller may not ask, though it is a proper document."""
        execution = self.execution_context
        if isinstance(execution.query, Reduced) or not isinstance(execution.context, Asking):
            return []
        if document.introspects and not execution.context.may_introspect():
            return document.not_for_him()
        if execution._provided_operation_name is None and document.operation(None) is None:
            return [GraphQLError("say by operationName which of the document's operations is meant")]
        try:
            bound_variables(execution.variables, document.operation(execution.operation_name))
            cost = document.cost(self._documents.costs, execution.operation_name, execution.variables or {})
            self._cost = dict(execution.context.told_cost(cost))
            execution.context.afford(cost)
        except HubError as error:
            return [GraphQLError(error.message, original_error=error)]
        return []

    def get_results(self) -> dict[str, object]:
        """The cost, where it is told."""
        return self._cost


def _in_place_of(context: ExecutionContext) -> DocumentNode:
    """A query without fields, under the name that is asked for."""
    name = context.operation_name if context._provided_operation_name else None
    named = None if name is None else NameNode(value=name)
    query = OperationDefinitionNode(
        operation=OperationType.QUERY, name=named, selection_set=SelectionSetNode(selections=())
    )
    return DocumentNode(definitions=(query,))
