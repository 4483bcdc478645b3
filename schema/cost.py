"""What an operation costs, declared in the schema and computed before anything is executed.

By the GraphQL Cost Directives specification (IBM, ibm.github.io/graphql-specs/cost-spec.html): `@cost(weight:)` on
fields and `@listSize` on lists. Of `@listSize` there are `assumedSize`, `slicingArguments` and `sizedFields`; a page
without a size counts with `assumedSize`, so `requireOneSlicingArgument` is always false. A field with a selection
weighs 1 and a leaf 0 unless declared otherwise; a list multiplies its weight and its selection. Unlike there, fields
that would be merged or skipped count each time they stand in the document, introspection counts nothing, and an
argument that is a list of ids slices by its length.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeAlias

import strawberry
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_leaf_type,
)
from strawberry.schema_directive import Location
from strawberry.types.field import StrawberryField

PAGE_ASSUMED: Final = 20
"""What a connection gives when nobody says how many."""

LIST_ASSUMED: Final = 5
"""Lists that come whole are those that a person can hold in his head."""

MUTATION_WEIGHT: Final = 10
"""Locks, an audit and a change for every subscriber."""

_PAGED: Final = ("first", "last")
_BY_IDS: Final[Sequence[str]] = ("ids", "representations")


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION], name="cost", description="What a field costs once, without its selection."
)
class Cost:
    """Of the cost specification."""

    weight: str = strawberry.directive_field(name="weight")


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="listSize",
    description="How many elements a list is taken to have when an operation's cost is computed.",
)
class ListSize:
    """Of the cost specification."""

    assumed_size: int = strawberry.directive_field(name="assumedSize")
    slicing_arguments: list[str] | None = strawberry.directive_field(name="slicingArguments", default=strawberry.UNSET)
    sized_fields: list[str] | None = strawberry.directive_field(name="sizedFields", default=strawberry.UNSET)


@dataclass(frozen=True, slots=True)
class FieldCost:
    """`slicing` names the arguments that say how long the list is, `sized` the fields below whose length that is."""

    weight: int
    kind: str | None
    assumed: int = 1
    slicing: Sequence[str] = ()
    sized: Sequence[str] = ()


def declare_costs(schema: GraphQLSchema) -> dict[tuple[str, str], FieldCost]:
    """Declare every field that costs what its kind of field costs, and read all declarations; by type and field."""
    costs: dict[tuple[str, str], FieldCost] = {}
    for kind in schema.type_map.values():
        if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) or kind.name.startswith("__"):
            continue
        for name, field in kind.fields.items():
            definition = field.extensions["strawberry-definition"]
            if isinstance(definition, StrawberryField):
                _declare(kind, field, definition, is_mutation=kind is schema.mutation_type)
                costs[kind.name, name] = _declared(field, definition.directives)
    return costs


def _declare(
    kind: GraphQLObjectType | GraphQLInterfaceType,
    field: GraphQLField,
    definition: StrawberryField,
    *,
    is_mutation: bool,
) -> None:
    declared = {type(directive) for directive in definition.directives}
    own: list[object] = []
    if is_mutation and Cost not in declared:
        own.append(Cost(weight=str(MUTATION_WEIGHT)))
    if ListSize not in declared and not is_leaf_type(get_named_type(field.type)):
        if set(_PAGED) <= field.args.keys():
            own.append(ListSize(assumed_size=PAGE_ASSUMED, slicing_arguments=list(_PAGED), sized_fields=["edges"]))
        elif _is_list(field) and not (kind.name.endswith("Connection") and "pageInfo" in kind.fields):
            ids = [name for name in _BY_IDS if name in field.args]
            own.append(ListSize(assumed_size=LIST_ASSUMED, slicing_arguments=ids or strawberry.UNSET))
    definition.directives = [*definition.directives, *own]


def _is_list(field: GraphQLField) -> bool:
    kind = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
    return isinstance(kind, GraphQLList)


def _declared(field: GraphQLField, directives: Sequence[object]) -> FieldCost:
    named = get_named_type(field.type)
    leaf = is_leaf_type(named)
    weight = next((int(each.weight) for each in directives if isinstance(each, Cost)), 0 if leaf else 1)
    size = next((each for each in directives if isinstance(each, ListSize)), None)
    kind = None if leaf else named.name
    if size is None:
        return FieldCost(weight, kind)
    return FieldCost(weight, kind, size.assumed_size, size.slicing_arguments or (), size.sized_fields or ())


Costs: TypeAlias = Mapping[tuple[str, str], FieldCost]


class Sizes:
    """Values of the arguments that slice lists; remembers which variables it was asked for."""

    def __init__(self, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> None:
        defaults = {each.variable.name.value: each.default_value for each in operation.variable_definitions or ()}
        self._defaults: dict[str, ValueNode | None] = dict(defaults)
        self._variables = variables
        self.asked: set[str] = set()

    def of(self, value: ValueNode) -> int | None:
        """A number, or the length of a list; None for what is null or nothing of the kind."""
        if isinstance(value, VariableNode):
            name = value.name.value
            self.asked.add(name)
            if name not in self._variables:
                default = self._defaults.get(name)
                return None if default is None else self.of(default)
            return _size(self._variables[name])
        if isinstance(value, IntValueNode):
            return max(0, int(value.value))
        return len(value.values) if isinstance(value, ListValueNode) else None


def sizes_told(names: Sequence[str], variables: Mapping[str, Any]) -> tuple[int | None, ...]:
    """All that the cost takes from these variables: the size of each, -1 for one that is left out."""
    return tuple(_size(variables[name]) if name in variables else -1 for name in names)


def _size(given: object) -> int | None:
    if isinstance(given, bool | Enum):
        return None
    if isinstance(given, int):
        return max(0, given)
    return len(given) if isinstance(given, list) else None


class Costing:
    """One operation's way through the schema; a fragment is counted once for each length of the list it stands in."""

    def __init__(
        self,
        costs: Costs,
        fragments: Mapping[str, FragmentDefinitionNode],
        sizes: Sizes,
    ) -> None:
        self._costs = costs
        self._fragments = fragments
        self._sizes = sizes
        self._counted: dict[tuple[str, str, tuple[tuple[str, int], ...]], int] = {}

    def of_set(self, selections: SelectionSetNode, kind: str, sized: Mapping[str, int]) -> int:
        """Of a selection on a type, whose fields in `sized` are lists of that length."""
        return sum(self._of(selection, kind, sized) for selection in selections.selections)

    def _of(self, selection: SelectionNode, kind: str, sized: Mapping[str, int]) -> int:
        if isinstance(selection, FieldNode):
            return self._of_field(selection, kind, sized)
        if isinstance(selection, FragmentSpreadNode):
            return self._of_fragment(selection.name.value, kind, sized)
        if isinstance(selection, InlineFragmentNode):
            condition = selection.type_condition
            return self.of_set(selection.selection_set, kind if condition is None else condition.name.value, sized)
        return 0

    def _of_field(self, node: FieldNode, kind: str, sized: Mapping[str, int]) -> int:
        name = node.name.value
        cost = self._costs.get((kind, name))
        if cost is None:  # of the schema itself
            return 0
        length = self._length(node, cost)
        below = dict.fromkeys(cost.sized, length)
        times = sized.get(name, 1 if cost.sized else length)
        inner = 0
        if node.selection_set is not None and cost.kind is not None:
            inner = self.of_set(node.selection_set, cost.kind, below)
        return times * (cost.weight + inner)

    def _length(self, node: FieldNode, cost: FieldCost) -> int:
        given = [self._sizes.of(each.value) for each in node.arguments or () if each.name.value in cost.slicing]
        return max((size for size in given if size is not None), default=cost.assumed)

    def _of_fragment(self, name: str, kind: str, sized: Mapping[str, int]) -> int:
        key = (name, kind, tuple(sorted(sized.items())))
        if key not in self._counted:
            self._counted[key] = 0
            fragment = self._fragments.get(name)
            if fragment is not None:
                self._counted[key] = self.of_set(fragment.selection_set, fragment.type_condition.name.value, sized)
        return self._counted[key]


_ROOTS: Final = {
    OperationType.QUERY: "Query",
    OperationType.MUTATION: "Mutation",
    OperationType.SUBSCRIPTION: "Subscription",
}


def cost_of(
    costs: Costs,
    fragments: Mapping[str, FragmentDefinitionNode],
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
) -> tuple[int, set[str]]:
    """The cost of a valid operation, and the variables that it depends on."""
    sizes = Sizes(operation, variables)
    cost = Costing(costs, fragments, sizes).of_set(operation.selection_set, _ROOTS[operation.operation], {})
    return cost, sizes.asked
