"""No list compares with a text that is longer than anything it could equal, whichever list it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    OperationDefinitionNode,
    build_schema,
    get_named_type,
    is_required_argument,
    parse,
)

from hub.access.principal import Role
from hub.errors import Invalid
from hub.offers.reported import EVENTS_AT_ONCE
from hub.reads.conditions import TEXT_MAX
from schema.limits import LIST_MAX, QUERY_CHARACTERS_MAX, QUERY_LIST_MAX, QUERY_VALUES_MAX, bound_variables
from schema.mutations.discard_quarantined import AT_MOST
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
    values = f"variables have at most {QUERY_VALUES_MAX} values, 60 levels deep"
    assert await refusal(api, IDS, {f"ids{n}": ids[n::10] for n in range(10)}) == ("INVALID", values)


async def test_the_variables_of_a_query_have_no_long_lists(api: Api) -> None:
    """Refused before they are coerced, also where no field asks for them."""
    elements = f"variables have lists of at most {QUERY_LIST_MAX} elements"
    assert await refusal(api, IDS, {"ids": ["x"] * (QUERY_LIST_MAX + 1)}) == ("INVALID", elements)
    assert await refusal(api, IDS, {"ids": [], "more": [[["x"] * (QUERY_LIST_MAX + 1)]]}) == ("INVALID", elements)
    answer = await api.ask(IDS, {"ids": ["x"] * QUERY_LIST_MAX})
    assert "variables have" not in answer.errors[0]["message"]


def test_the_variables_of_a_query_are_no_longer_than_a_document_and_those_of_a_mutation_than_a_body() -> None:
    query, mutation = parse("query A { __typename } mutation B { __typename }").definitions
    assert isinstance(query, OperationDefinitionNode)
    assert isinstance(mutation, OperationDefinitionNode)
    longest = QUERY_CHARACTERS_MAX - len("by")
    for variables in ({"by": "x" * longest}, {"by": ["x" * (longest - 1), "x"]}, {"by": {"x" * longest: 1}}):
        bound_variables(variables, query)
        more = {**variables, "m": None}
        with pytest.raises(Invalid, match=f"at most {QUERY_CHARACTERS_MAX} characters in a query"):
            bound_variables(more, query)
        bound_variables({"by": ["x" * 500_000] * 200}, mutation)


def test_the_variables_of_a_mutation_have_room_for_its_longest_batch_and_little_more() -> None:
    (mutation,) = parse("mutation B { __typename }").definitions
    assert isinstance(mutation, OperationDefinitionNode)
    event = dict.fromkeys("abcdefghi", "x")
    bound_variables({"input": {"events": [event] * EVENTS_AT_ONCE, "idempotencyKey": "x"}}, mutation)
    bound_variables({"input": {"ids": ["x"] * AT_MOST}}, mutation)
    for too_much in ([event] * (2 * EVENTS_AT_ONCE), ["x"] * (LIST_MAX + 1)):
        with pytest.raises(Invalid, match="variables have"):
            bound_variables({"input": {"events": too_much}}, mutation)


async def refusal(api: Api, document: str, variables: dict[str, object]) -> tuple[str, str]:
    """The code and the message of the one error."""
    (refused,) = (await api.ask(document, variables)).errors
    return refused["extensions"]["code"], refused["message"]


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
