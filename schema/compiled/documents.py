"""Documents read and validated once, for as long as clients send them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, Generic, Protocol, TypeAlias, TypeVar, runtime_checkable

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    parse,
)
from graphql.execution.collect_fields import FragmentDetails
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import validate_document

from hub.errors import HubError
from schema.cost import Costs, cost_of
from schema.limits import TOKENS_MAX, OperationSize, bound_variables

DOCUMENTS_KEPT: Final = 500

LONGEST_KEPT: Final = 20_000
"""Characters. A longer document is answered and forgotten: 500 of any length would be a way to fill the memory."""

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


Rules: TypeAlias = Sequence[type[ASTValidationRule]]

Validate: TypeAlias = Callable[[DocumentNode, Rules | None], list[GraphQLError]]
"""By some rules, or by all that a document has to keep."""

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """The values that were asked for last, `at_most` of them."""

    def __init__(self, at_most: int) -> None:
        self._at_most = at_most
        self._values: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """What is kept under the key, made now if nothing is."""
        found = self.find(key)
        return self.keep(key, make()) if found is None else found

    def find(self, key: K) -> V | None:
        """What is kept under the key."""
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def keep(self, key: K, value: V) -> V:
        """Keep it, and forget what nobody has asked for the longest."""
        self._values[key] = value
        if len(self._values) > self._at_most:
            self._values.popitem(last=False)
        return value

    def __len__(self) -> int:
        return len(self._values)


class Document:
    """A document that could be read, and what validation says of it, found out once."""

    def __init__(self, node: DocumentNode, validate: Validate) -> None:
        self.node = node
        self._validate = validate
        self._errors: list[GraphQLError] | None = None
        self._slicing: dict[str | None, list[str]] = {}
        self._costs: dict[tuple[str | None, tuple[str, ...]], int] = {}

    @property
    def errors(self) -> Sequence[GraphQLError]:
        """Why it cannot be executed; RecursionError for one that is nested too deeply to tell."""
        if self._errors is None:
            self._errors = self._validate(self.node, None)
        return self._errors

    @cached_property
    def introspection(self) -> Sequence[GraphQLError]:
        """Where it asks about the schema itself, as those are told who may not."""
        return self._validate(self.node, (NoSchemaIntrospectionCustomRule,))

    def cost(self, costs: Costs, name: str | None, variables: Mapping[str, Any]) -> int:
        """Of one operation with these variables; only those that say how long a list is are told apart."""
        operation = self.operation(name)
        if operation is None:
            return 0
        slicing = self._slicing.get(name)
        key = None if slicing is None else (name, tuple(repr(variables.get(each)) for each in slicing))
        if key is not None and key in self._costs:
            return self._costs[key]
        fragments = {name: details.definition for name, details in self.fragments.items()}
        cost, asked = cost_of(costs, fragments, operation, variables)
        self._slicing[name] = sorted(asked)
        if len(self._costs) < COSTS_KEPT:
            self._costs[name, tuple(repr(variables.get(each)) for each in self._slicing[name])] = cost
        return cost

    @cached_property
    def fragments(self) -> dict[str, FragmentDetails]:
        """By name."""
        definitions = self.node.definitions
        return {
            node.name.value: FragmentDetails(node) for node in definitions if isinstance(node, FragmentDefinitionNode)
        }

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """The one of that name; where none is named the only one there is (GraphQL, section 6.1)."""
        operations = [node for node in self.node.definitions if isinstance(node, OperationDefinitionNode)]
        if name is None:
            return operations[0] if len(operations) == 1 else None
        return next((node for node in operations if node.name and node.name.value == name), None)


class Documents:
    """By their text. What does not parse is not kept: nobody sends it twice for its answer."""

    def __init__(self, rules: Rules) -> None:
        self._rules = tuple(rules)
        self.costs: Costs = {}
        self._kept: Kept[str, Document] = Kept(DOCUMENTS_KEPT)

    def read(self, schema: GraphQLSchema, text: str) -> Document | None:
        """The document; None for a text that is none."""
        known = self._kept.find(text)
        if known is not None:
            return known
        try:
            node = parse(text, max_tokens=TOKENS_MAX)
        except (GraphQLError, RecursionError):
            return None
        document = Document(node, lambda node, rules: self._validated(schema, node, rules))
        return self._kept.keep(text, document) if len(text) <= LONGEST_KEPT else document

    def _validated(self, schema: GraphQLSchema, node: DocumentNode, rules: Rules | None) -> list[GraphQLError]:
        """Its size first: rules that compare fields with each other would take their time over what is too big."""
        if rules is not None:
            return validate_document(schema, node, tuple(rules))
        return validate_document(schema, node, (OperationSize,)) or validate_document(schema, node, self._rules)


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
        self._cost: dict[str, object] = {}

    def on_parse(self) -> Iterator[None]:
        """Read the text."""
        context = self.execution_context
        text = context.query
        if isinstance(text, Reduced):
            self._document = Document(text.document, lambda _, __: [])
        elif text:
            self._document = self._documents.read(context.schema._schema, text)
        if self._document is not None:
            context.graphql_document = self._document.node
        yield

    def on_validate(self) -> Iterator[None]:
        """Validate it. What callers are told is written into the list of errors, so they get a list of their own."""
        if self._document is not None:
            errors = list(self._document.errors)
            self.execution_context.pre_execution_errors = errors or self._refusals(self._document)
        yield

    def _refusals(self, document: Document) -> list[GraphQLError]:
        """What a caller may not ask, though it is a proper document."""
        execution = self.execution_context
        if isinstance(execution.query, Reduced) or not isinstance(execution.context, Asking):
            return []
        if document.introspection and not execution.context.may_introspect():
            return list(document.introspection)
        if execution._provided_operation_name is None and document.operation(None) is None:
            return [GraphQLError("say by operationName which of the document's operations is meant")]
        try:
            bound_variables(execution.variables)
            cost = document.cost(self._documents.costs, execution.operation_name, execution.variables or {})
            self._cost = dict(execution.context.told_cost(cost))
            execution.context.afford(cost)
        except HubError as error:
            return [GraphQLError(error.message, original_error=error)]
        return []

    def get_results(self) -> dict[str, object]:
        """The cost, where it is told."""
        return self._cost
