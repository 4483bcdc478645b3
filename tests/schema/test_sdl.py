"""The committed SDL is the schema, and everything in it is described."""

from __future__ import annotations

from pathlib import Path

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
)

import schema
from schema.schema import build_schema
from schema.sdl import export_sdl


def test_the_committed_sdl_is_the_schema() -> None:
    committed = Path(schema.__file__).with_name("schema.graphql").read_text(encoding="utf-8")
    assert committed == export_sdl(), "run `make schema` and commit schema/schema.graphql"


def test_every_type_field_and_argument_is_described() -> None:
    assert sorted(_undescribed(build_schema()._schema)) == []


def _undescribed(built: GraphQLSchema) -> set[str]:
    found: set[str] = set()
    for name, kind in built.type_map.items():
        if name.startswith("__") or not isinstance(
            kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType | GraphQLEnumType
        ):
            continue
        if not kind.description:
            found.add(name)
        if isinstance(kind, GraphQLEnumType):
            continue
        for field_name, field in kind.fields.items():
            arguments: dict[str, GraphQLArgument] = field.args if isinstance(field, GraphQLField) else {}
            found |= {f"{name}.{field_name}({a})" for a, argument in arguments.items() if not argument.description}
            if not field.description:
                found.add(f"{name}.{field_name}")
    return found


def test_every_subscription_says_that_changes_may_be_told_together() -> None:
    kind = build_schema()._schema.subscription_type
    assert kind is not None
    assert [name for name, field in kind.fields.items() if "are told once" not in (field.description or "")] == []
