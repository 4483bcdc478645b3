"""Who may reach which field: found out from the schema, and as it was reviewed in authorisation_matrix.txt.

python -m tests.schema.matrix     prints the file anew; read what changed before you commit it
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from textwrap import wrap
from typing import Final

from graphql import (
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
)
from strawberry.types.field import StrawberryField

from hub.access.principal import SCOPES_OF, Role, Scope
from schema.authorise import Requires
from schema.queries.node import NODE_TYPES
from schema.schema import build_schema

REVIEWED: Final = Path(__file__).with_name("authorisation_matrix.txt")

SCHEMA = build_schema()
ROOTS: Final = ("Query", "Mutation", "Subscription")
BY_ID: Final = frozenset({"Query.node", "Query.nodes", "Query._entities"})
"""They ask for the scope of the type behind the id."""

LETTERS: Final[Mapping[Role, str]] = {
    Role.CUSTOMER: "C",
    Role.FRONTEND: "F",
    Role.AGENT: "A",
    Role.SUPERVISOR: "V",
    Role.STEWARD: "S",
    Role.ARCHITECT: "R",
    Role.SYSTEM: "Y",
}

HEAD: Final = """\
# Which role may reach which field: by the schema's rules, reviewed by people. The tests compare both (test_matrix.py),
# so a new field is not in the schema before it is here. `python -m tests.schema.matrix` prints this file anew: look at
# what it changes, above all at letters that appear, then commit it.
#
# C customer (himself only), F frontend, A agent, V supervisor, S steward, R architect, Y system
"""

Matrix = Mapping[str, frozenset[Role]]
"""Roles by `Type.field`."""


def object_types() -> Iterator[GraphQLObjectType]:
    """Every object type of the schema, but GraphQL's own."""
    for kind in SCHEMA._schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            yield kind


def rule_of(type_name: str, field_name: str) -> Requires | None:
    """What a field requires of the token."""
    kind = SCHEMA._schema.type_map[type_name]
    assert isinstance(kind, GraphQLObjectType)
    definition = kind.fields[field_name].extensions["strawberry-definition"]
    assert isinstance(definition, StrawberryField)
    return next((extension for extension in definition.extensions if isinstance(extension, Requires)), None)


def reachable(scopes: frozenset[Scope], roots: Collection[str] = ROOTS) -> frozenset[str]:
    """Every `Type.field` that a token with these scopes is answered, along whatever way through the schema."""
    found: set[str] = set()
    waiting = [kind for kind in object_types() if kind.name in roots]
    seen = {kind.name for kind in waiting}
    while waiting:
        kind = waiting.pop()
        for name, field in kind.fields.items():
            rule = rule_of(kind.name, name)
            if rule is not None and rule.scope is not None and rule.scope not in scopes:
                continue
            place = f"{kind.name}.{name}"
            found.add(place)
            for answered in _answered(place, get_named_type(field.type), scopes):
                if answered.name not in seen:
                    seen.add(answered.name)
                    waiting.append(answered)
    return frozenset(found)


def _answered(place: str, kind: GraphQLNamedType, scopes: frozenset[Scope]) -> Iterator[GraphQLObjectType]:
    if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
        for possible in SCHEMA._schema.get_possible_types(kind):
            if place not in BY_ID or NODE_TYPES[possible.name].requires.scope in scopes:
                yield possible
    elif isinstance(kind, GraphQLObjectType):
        yield kind


def of_the_schema() -> Matrix:
    """As the rules in the code have it; a field that nobody reaches has no roles."""
    by_role = {role: reachable(SCOPES_OF[role]) for role in Role}
    places = [f"{kind.name}.{name}" for kind in object_types() for name in kind.fields]
    return {place: frozenset(role for role in Role if place in by_role[role]) for place in places}


def reviewed() -> Matrix:
    """As people have read it."""
    found: dict[str, frozenset[Role]] = {}
    type_name = ""
    for line in REVIEWED.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if not line.startswith(" "):
            type_name = line.strip()
            continue
        letters, *names = line.split()
        roles = frozenset(role for role, letter in LETTERS.items() if letter in letters)
        found |= {f"{type_name}.{name}": roles for name in names}
    return found


def printed(matrix: Matrix) -> str:
    """The file: operations one a line, other types with the fields of the same roles together."""
    by_type: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for place, roles in matrix.items():
        type_name, _, name = place.partition(".")
        by_type[type_name][_letters(roles)].append(name)
    lines = [HEAD]
    for type_name in sorted(by_type, key=lambda name: (name not in ROOTS, name)):
        lines.append(type_name)
        for letters, names in sorted(by_type[type_name].items()):
            told = names if type_name in ROOTS else wrap(" ".join(names), 105)
            lines += [f"  {letters}  {text}" for text in told]
    return "\n".join(lines) + "\n"


def _letters(roles: frozenset[Role]) -> str:
    return "".join(letter if role in roles else "." for role, letter in LETTERS.items())


if __name__ == "__main__":
    print(printed(of_the_schema()), end="")
