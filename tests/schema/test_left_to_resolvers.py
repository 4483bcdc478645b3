"""Which root fields, and fields below compiled ones, no statement answers: the docs have each, and no other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema, get_named_type
from strawberry.types.field import StrawberryField

from schema.queries.node import NODES
from schema.reads import READS
from schema.schema import build_schema

ROW: Final = re.compile(r"^\| `(\w+\.\w+)` \| .+ \|$", re.MULTILINE)
ARCHITECTURE: Final = Path(__file__).parents[2] / "docs" / "architecture.md"


def test_the_tables_name_every_field_that_no_statement_answers() -> None:
    assert sorted(ROW.findall(ARCHITECTURE.read_text(encoding="utf-8"))) == sorted(_left(build_schema()._schema))


def _left(schema: GraphQLSchema) -> set[str]:
    query = schema.query_type
    assert query is not None
    roots = [field for field in query.fields.values() if READS in _declared(field.extensions).metadata]
    waiting = [get_named_type(field.type) for field in roots]
    waiting += [schema.type_map[kind.__name__] for kind, how in NODES.items() if how.read is not None]
    seen: set[str] = set()
    left = {
        f"Query.{name}" for name, field in query.fields.items() if READS not in _declared(field.extensions).metadata
    }
    while waiting:
        kind = waiting.pop()
        if kind.name in seen or not isinstance(kind, GraphQLObjectType) or isinstance(kind, GraphQLInterfaceType):
            continue
        seen.add(kind.name)
        for name, field in kind.fields.items():
            declared = _declared(field.extensions)
            if (
                _of_a_page(kind.name, name)
                or name == "id"
                or declared.base_resolver is None
                or READS in declared.metadata
            ):
                waiting.append(get_named_type(field.type))
            else:
                left.add(f"{kind.name}.{name}")
    assert {"Customer", "CustomerSession", "LeadDelivery", "Incident", "Answer"} <= seen
    return left


def _of_a_page(kind: str, name: str) -> bool:
    return kind.endswith("Connection") and name == "totalCount"


def _declared(extensions: dict[str, object]) -> StrawberryField:
    declared = extensions["strawberry-definition"]
    assert isinstance(declared, StrawberryField)
    return declared
