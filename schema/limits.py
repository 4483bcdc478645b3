"""How big an operation may be: depth, aliases, directives and fields, counted with every fragment expanded.

strawberry's own limiters walk each spread anew, so a few dozen fragments that each spread the next one twice keep them
busy for ever; here a fragment is measured once and its measure used again.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import Final

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    ValidationContext,
)
from graphql.validation import ValidationRule

from hub.errors import Invalid

TOKENS_MAX: Final = 4_000
DEPTH_MAX: Final = 12
ALIASES_MAX: Final = 60
DIRECTIVES_MAX: Final = 200
FIELDS_MAX: Final = 2_000
OPERATIONS_MAX: Final = 50

VALUES_MAX: Final = 10_000
"""In all variables of a mutation together: twice what the longest batch of any has, 500 events of ten values."""

LIST_MAX: Final = 2_000
"""In those of a mutation: twice the longest list that any takes, which says itself what is wrong with a longer one."""

QUERY_VALUES_MAX: Final = 1_000
"""In those of a query, whose longest list has 100 ids: each is looked at several times before anything is read."""

QUERY_LIST_MAX: Final = 100
"""Ids, and references of a federation."""

QUERY_CHARACTERS_MAX: Final = 100_000
"""As in a document. An id has 60, a text to compare with 500."""

VALUES_DEEP: Final = 60


@dataclass(frozen=True, slots=True)
class Size:
    """Of a selection with its fragments expanded; introspection fields count as fields only."""

    depth: int = 0
    aliases: int = 0
    directives: int = 0
    fields: int = 0

    def beside(self, other: Size) -> Size:
        """Both selections in one set."""
        return Size(
            max(self.depth, other.depth),
            self.aliases + other.aliases,
            self.directives + other.directives,
            self.fields + other.fields,
        )


NOTHING: Final = Size()


class OperationSize(ValidationRule):
    """Refuses operations beyond the limits; runs before any other rule has walked the document."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        definitions = context.document.definitions
        self._fragments = {d.name.value: d for d in definitions if isinstance(d, FragmentDefinitionNode)}
        self._measured: dict[str, Size] = {}
        operations = [each for each in definitions if isinstance(each, OperationDefinitionNode)]
        if len(operations) > OPERATIONS_MAX:
            self.report_error(GraphQLError(f"the document has more than {OPERATIONS_MAX} operations"))
            return
        for operation in operations:
            self._judge(operation, self._of_set(operation.selection_set))

    def _judge(self, operation: OperationDefinitionNode, size: Size) -> None:
        limits = (
            ("levels deep", size.depth, DEPTH_MAX),
            ("aliases", size.aliases, ALIASES_MAX),
            ("directives", size.directives + len(operation.directives or ()), DIRECTIVES_MAX),
            ("fields", size.fields, FIELDS_MAX),
        )
        for what, found, allowed in limits:
            if found > allowed:
                self.report_error(GraphQLError(f"the operation has more than {allowed} {what}", operation))

    def _of_set(self, selections: SelectionSetNode | None) -> Size:
        size = NOTHING
        for selection in selections.selections if selections else ():
            size = size.beside(self._of_selection(selection))
        return size

    def _of_selection(self, selection: SelectionNode) -> Size:
        own = Size(directives=len(selection.directives or ()))
        if isinstance(selection, FragmentSpreadNode):
            return own.beside(self._of_fragment(selection.name.value))
        inner = own.beside(self._of_set(getattr(selection, "selection_set", None)))
        if not isinstance(selection, FieldNode):
            return inner
        depth = 0 if selection.name.value.startswith("__") else inner.depth + 1
        return replace(
            inner, depth=depth, aliases=inner.aliases + (selection.alias is not None), fields=inner.fields + 1
        )

    def _of_fragment(self, name: str) -> Size:
        if name not in self._measured:
            # Cycles and unknown names are for other rules to report; here they must only end.
            self._measured[name] = NOTHING
            fragment = self._fragments.get(name)
            self._measured[name] = self._of_set(fragment.selection_set if fragment else None)
        return self._measured[name]


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Of all variables together: values, characters of their texts and names, and elements of each list."""

    values: int
    characters: int
    elements: int


_OF_QUERY: Final = _Bounds(QUERY_VALUES_MAX, QUERY_CHARACTERS_MAX, QUERY_LIST_MAX)
_OF_OTHERS: Final = _Bounds(VALUES_MAX, sys.maxsize, LIST_MAX)


def bound_variables(variables: object, operation: OperationDefinitionNode | None) -> None:
    """Raise Invalid for variables with more in them, or nested deeper, than anything of the operation's kind asks for.

    Checked before they are coerced, which costs far more for each value than counting it.
    """
    bounds = _OF_QUERY if operation and operation.operation is OperationType.QUERY else _OF_OTHERS
    left, characters, level, depth = bounds.values - 1, bounds.characters, [variables], 0
    while level:
        depth += 1
        if depth > VALUES_DEEP:
            raise _too_many(bounds)
        inner: list[object] = []
        for value in level:
            if isinstance(value, str):
                characters -= len(value)
            elif isinstance(value, dict | list):
                left -= len(value)
                if left < 0:
                    raise _too_many(bounds)
                if isinstance(value, dict):
                    characters -= sum(map(len, value))
                    inner.extend(value.values())
                elif len(value) > bounds.elements:
                    raise _too_much(f"lists of at most {bounds.elements} elements")
                else:
                    inner.extend(value)
        if characters < 0:
            raise _too_much(f"at most {bounds.characters} characters in a query")
        level = inner


def _too_many(bounds: _Bounds) -> Invalid:
    return _too_much(f"at most {bounds.values} values, {VALUES_DEEP} levels deep")


def _too_much(bound: str) -> Invalid:
    return Invalid(f"variables have {bound}", ("variables",))
