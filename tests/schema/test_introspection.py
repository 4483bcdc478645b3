"""Who is told about the schema by the schema itself: those whose role may, over every transport."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from hub.access.principal import Role
from hub.entrypoints.asgi.services import NO_LIMITS
from hub.entrypoints.web import allowances
from hub.settings.callers import CallerLimits, Callers
from hub.store.engine import Database
from tests.schema.following import acknowledged
from tests.schema.serving import Answer, Api, listening_api, serving
from tests.schema.test_authorisation import denials

ALLOWANCES = {role: replace(NO_LIMITS, introspects=role is Role.ARCHITECT) for role in Role}

ASKING = {
    "schema": "{ __schema { queryType { name } } }",
    "type": '{ __type(name: "Viewer") { name } }',
    "beside what is compiled": "{ viewer { subject } s: __schema { queryType { name } } }",
    "in a fragment": "{ ...S } fragment S on Query { __schema { queryType { name } } }",
}

MISSPELT: dict[str, tuple[str, dict[str, object] | None]] = {
    "field": ("{ viewerr { subject } }", None),
    "argument": ("{ customers(firstt: 1) { totalCount } }", None),
    "type": ("query($by: CustomerByy!) { customer(by: $by) { name } }", {"by": {}}),
    "input field": ('{ customers(filter: {phon: "1"}) { totalCount } }', None),
    "enum value": ("{ customers(orderBy: NAMEE) { totalCount } }", None),
    "input field in a variable": (
        "query($by: CustomerBy!) { customer(by: $by) { name } }",
        {"by": {"emaill": "x"}},
    ),
    "enum value in a variable": (
        "query($order: CustomerOrder!) { customers(orderBy: $order) { totalCount } }",
        {"order": "NAMEE"},
    ),
}


@pytest.fixture
async def closed(company: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    """The API as an architect may introspect it and nobody else."""
    async with serving(database_url, tmp_path, development=False, allowances=ALLOWANCES) as api:
        yield api


def message(answer: Answer) -> str:
    return " ".join(str(error["message"]) for error in answer.errors)


@pytest.mark.parametrize("document", ASKING.values(), ids=ASKING)
async def test_the_schema_answers_about_itself_to_whose_role_may_ask_though_another_was_refused(
    closed: Api, document: str
) -> None:
    refused = await closed.ask(document, role=Role.AGENT)
    assert (refused.data, set(refused.codes)) == (None, {"BAD_REQUEST"})
    assert "introspection" in message(refused)
    answered = await closed.ask(document, role=Role.ARCHITECT)
    assert answered.errors == []
    again = await closed.ask(document, role=Role.AGENT)
    assert (again.data, again.errors) == (None, refused.errors)


async def test_the_sdl_for_a_gateway_is_no_way_around(closed: Api, company: Database) -> None:
    sdl = "{ _service { sdl } }"
    assert "type Customer" in (await closed.ask(sdl, role=Role.ARCHITECT)).data["_service"]["sdl"]
    refused = await closed.ask(sdl, role=Role.STEWARD)
    assert (refused.data, refused.codes) == (None, ["FORBIDDEN"])
    await closed.app.state.running.hub.trail.write()
    assert await denials(company, "development:steward") == ["Query._service"]


@pytest.mark.parametrize(("document", "variables"), MISSPELT.values(), ids=MISSPELT)
async def test_only_who_may_introspect_is_told_what_a_misspelt_name_might_have_meant(
    closed: Api, document: str, variables: dict[str, object] | None
) -> None:
    helped = await closed.ask(document, variables, role=Role.ARCHITECT)
    assert "Did you mean" in message(helped)
    left_alone = await closed.ask(document, variables, role=Role.AGENT)
    assert left_alone.codes == helped.codes == ["BAD_REQUEST"]
    assert "Did you mean" not in message(left_alone)
    assert message(helped).startswith(message(left_alone))


async def test_an_objects_own_type_name_is_for_everyone(closed: Api) -> None:
    assert (await closed.ask("{ viewer { __typename } }")).data == {"viewer": {"__typename": "Viewer"}}


async def test_a_socket_is_held_to_the_same(company: Database, database_url: str, tmp_path: Path) -> None:
    async with listening_api(database_url, tmp_path, development=False, allowances=ALLOWANCES) as (api, address):
        async with acknowledged(address, api.token(Role.AGENT)) as socket:
            await socket.subscribe(ASKING["schema"], {}, "1")
            refused = await socket.hear()
            await socket.subscribe("subscription { flowUpdate(name: 1) { event } }", {}, "2")
            misspelt = await socket.hear()
        async with acknowledged(address, api.token(Role.ARCHITECT)) as socket:
            await socket.subscribe(ASKING["schema"], {}, "1")
            answered = await socket.hear()
    assert (refused["type"], misspelt["type"], answered["type"]) == ("error", "error", "next")
    assert "Did you mean" not in misspelt["payload"][0]["message"]
    assert answered["payload"] == {"data": {"__schema": {"queryType": {"name": "Query"}}}}


def test_a_development_hub_tells_everyone_and_any_other_whom_its_configuration_says() -> None:
    callers = Callers(agent=CallerLimits(introspection=True), steward=CallerLimits(introspection=False))
    told = {development: allowances(callers, development=development) for development in (True, False)}
    assert {role for role in Role if told[True][role].introspects} == set(Role)
    assert {role for role in Role if told[False][role].introspects} == {Role.AGENT, Role.ARCHITECT}
