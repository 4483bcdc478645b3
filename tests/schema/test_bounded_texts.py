"""No list compares with a text that is longer than anything it could equal, whichever list it is."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import GraphQLInputObjectType, GraphQLInputType, build_schema, get_named_type, is_required_argument

from hub.access.principal import Role
from hub.reads.conditions import TEXT_MAX
from schema.limits import QUERY_VALUES_MAX
from schema.sdl import export_sdl
from tests.schema.serving import Api

TEXT = f'"{"x" * (TEXT_MAX + 1)}"'
ELSEWHERE = frozenset({"first", "last", "after", "before", "id", "by", "change"})
"""Windows; ids and keys, which one row is looked up by; rules that are read as a whole."""


def too_long(kind: GraphQLInputType) -> Iterator[str]:
    """Literals of the type, each with one text that is too long."""
    named = get_named_type(kind)
    if isinstance(named, GraphQLInputObjectType):
        for name, field in named.fields.items():
            yield from (f"{{{name}: {literal}}}" for literal in too_long(field.type))
    elif named.name == "String":
        yield TEXT


def questions() -> Iterator[str]:
    """Every root field of Query that can be asked with nothing but one such text."""
    query = build_schema(export_sdl()).query_type
    assert query is not None
    for name, field in query.fields.items():
        for argument, given in field.args.items():
            others = (each for key, each in field.args.items() if key != argument)
            if argument in ELSEWHERE or any(is_required_argument(each) for each in others):
                continue
            for literal in too_long(given.type):
                yield f"{{ {name}({argument}: {literal}) {{ __typename }} }}"


IDS = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"


async def test_the_variables_of_a_query_are_far_fewer_than_those_of_a_mutation(api: Api) -> None:
    """Whoever sends ids by the thousand keeps the process from others for as long as they are looked at."""
    ids = [f"{n}" for n in range(QUERY_VALUES_MAX)]
    (refused,) = (await api.ask(IDS, {"ids": ids})).errors
    assert (refused["extensions"]["code"], refused["message"]) == (
        "INVALID",
        f"variables have at most {QUERY_VALUES_MAX} values, 60 levels deep",
    )


async def codes(api: Api, document: str) -> set[str]:
    """Of the first role that may ask it."""
    for role in set(Role) - {Role.CUSTOMER}:
        answer = await api.ask(document, role=role)
        if not {"FORBIDDEN"} & set(answer.codes):
            return set(answer.codes)
    raise AssertionError(document)


async def test_every_text_to_compare_with_is_bounded(api: Api) -> None:
    asked = list(questions())
    assert len(asked) >= 20
    answered = {document.replace(TEXT, "TEXT"): await codes(api, document) for document in asked}
    assert {document: told for document, told in answered.items() if told != {"INVALID"}} == {}
