"""The explorer page as somebody works with it, in a real browser."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from hub.access.principal import Role
from hub.live.changes import Change
from hub.live.publish import publish
from hub.store.engine import Database
from tests.explorer.chromium import CTRL, Page, chromium, tab
from tests.schema.company import NOW, Person, add_person, add_systems, gid, uid
from tests.schema.serving import Api, listening_api

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("chromium")]

ANNA = uid("Anna Bakker")
OFFERED = "[...document.querySelectorAll('#choices:not([hidden]) li')].map((item) => item.dataset.name)"
ANSWER = "document.getElementById('answer').textContent"
STATUS = "document.getElementById('status').textContent"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One Chromium for all tests; each has a tab."""
    with chromium(tmp_path_factory.mktemp("chromium") / "profile") as address:
        yield address


@pytest.fixture
async def served(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[tuple[Api, str]]:
    async with database.transaction() as connection:
        await add_systems(connection)
        await add_person(connection, Person("Anna Bakker", "anna@example.nl", orders=2))
    async with asyncio.timeout(120), listening_api(database_url, tmp_path) as served:
        yield served


@pytest.fixture
async def page(served: tuple[Api, str], running: str) -> AsyncIterator[Page]:
    """The page with an agent's token, once it knows the schema."""
    api, address = served
    async with tab(running) as page:
        await page.open(f"http://{address}/graphql")
        token = json.dumps(api.token(Role.AGENT))
        await page.value(f"(at('token').value = {token}, at('token').onchange(), 1)")
        await page.until("schema.types.size > 0")
        yield page


async def fill(page: Page, area: str, content: str = "") -> None:
    """The text area with this in it, and the cursor behind it."""
    await page.value(f"(at('{area}').value = {json.dumps(content)}, at('{area}').focus(), 1)")
    await page.value(f"at('{area}').setSelectionRange({len(content)}, {len(content)})")


async def offered(page: Page, area: str, before: str) -> list[str]:
    """What Ctrl-Space offers behind it."""
    await fill(page, area, before)
    await page.press("Escape")
    await page.press("Space", CTRL)
    found: list[str] = await page.value(OFFERED)
    return found


async def test_it_completes_whatever_may_stand_at_the_cursor(page: Page) -> None:
    document = "query Find($by: CustomerBy!, $order: CustomerOrder) { customer(by: $by) { name } }"
    for before, among in (
        ("", {"query", "mutation", "subscription", "fragment"}),
        ("{ cus", {"customer", "customers", "customerHistory"}),
        ("{ customers(", {"first", "after", "filter", "orderBy"}),
        ("{ customers(first: 1, fi", {"filter"}),
        ("{ customers(filter: {", {"phone", "email"}),
        ("{ customers(orderBy: ", {"NAME", "NEWEST_CHANGE"}),
        ('{ customer(by: {email: "x"}) { orders(first: 2) { edges { node { nu', {"number"}),
        ("query($by: CustomerBy!) { customer(by: ", {"$by"}),
        ("query($by: CustomerBy!) { customer(by: $", {"by"}),
        ("query($by: Customer", {"CustomerBy", "CustomerFilter", "CustomerOrder"}),
        ('{ node(id: "1") { ... on Cu', {"Customer"}),
        ("{ viewer { ...F } } fragment F on Vie", {"Viewer"}),
        ("{ viewer @", {"skip", "include"}),
        ("{ viewer @include(", {"if"}),
        ("mutation { startSession(input: {ch", {"channel"}),
    ):
        assert among <= set(await offered(page, "document", before)), before
    assert "first" not in await offered(page, "document", "{ customers(first: 1, ")
    await page.value(f"(editor.value = {json.dumps(document)}, 1)")
    for before, among in (("{", {'"by"', '"order"'}), ('{"by": {"em', {'"email"'}), ('{"order": ', {'"NAME"'})):
        assert among <= set(await offered(page, "variables", before)), before
    assert page.offences == []


async def test_a_query_is_written_with_the_keyboard_run_and_found_again(page: Page) -> None:
    await fill(page, "document")
    await page.write("query($by: CustomerBy!) { customer(by: $by) { nam")
    await page.until(f"{OFFERED}.includes('name')")
    await page.press("Enter")
    await page.write(" } }")
    assert await page.value("editor.value") == "query($by: CustomerBy!) { customer(by: $by) { name } }"
    await fill(page, "variables", '{"by": {"email": "anna@example.nl"}}')
    await page.press("Enter", CTRL)
    assert json.loads(await page.until(ANSWER)) == {"data": {"customer": {"name": "Anna Bakker"}}, **await cost(page)}
    await page.value("(at('prettify').click(), editor.value)")
    assert (await page.value("editor.value")).splitlines()[:3] == [
        "query($by: CustomerBy!) {",
        "  customer(by: $by) {",
        "    name",
    ]
    await fill(page, "document", "{ viewer { subject } }")
    await page.value("(at('history').value = '0', at('history').onchange({target: at('history')}), 1)")
    assert await page.value("editor.value") == "query($by: CustomerBy!) { customer(by: $by) { name } }"
    assert page.offences == []


async def cost(page: Page) -> dict[str, object]:
    """What a development hub tells beside the data."""
    answer: dict[str, object] = json.loads(await page.value(ANSWER))
    return {name: value for name, value in answer.items() if name == "extensions"}


async def test_of_several_operations_the_one_at_the_cursor_is_run_with_the_headers_given(page: Page) -> None:
    await fill(page, "document", "query A { viewer { subject } }\nquery B { viewer { scopes } }")
    await page.value('(headers.value = \'{"x-request-id": "from-the-page"}\', editor.setSelectionRange(3, 3), 1)')
    await page.press("Enter", CTRL)
    assert json.loads(await page.until(ANSWER))["data"] == {"viewer": {"subject": "development:agent"}}


async def test_names_that_are_not_in_the_schema_are_told_before_anything_is_run(page: Page) -> None:
    await fill(page, "document")
    await page.write("{ viewer { subjekt } customers(fist: 1) { totalCount } }")
    assert await page.value("at('problems').textContent") == (
        "line 1: Viewer has no subjekt; line 1: customers has no fist"
    )


async def test_a_subscription_streams_until_it_is_stopped(page: Page, database: Database) -> None:
    await fill(page, "document", "subscription($id: ID!) { customerUpdates(id: $id) { customer { name } } }")
    await fill(page, "variables", json.dumps({"id": gid("Customer", ANNA)}))
    await page.value("(at('run').click(), 1)")
    await page.until(f"{ANSWER}.includes('Anna Bakker')")
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE customer SET name = 'Anna Anders' WHERE id = :id"), {"id": ANNA})
        await publish(connection, [Change("Customer", str(ANNA), "CustomerAttributeValueChangeEvent")], NOW)
    await page.until(f"{ANSWER}.includes('Anna Anders')")
    await page.value("(at('stop').click(), 1)")
    assert await page.until(STATUS) == "stopped"


async def test_the_documentation_is_searched_and_nobody_else_is_called(page: Page, served: tuple[Api, str]) -> None:
    _, address = served
    await page.value("(at('search').value = 'totalcount', at('search').dispatchEvent(new Event('input')), 1)")
    assert "CustomerConnection.totalCount" in await page.value("at('docs').textContent")
    await page.value("(showType('CustomerBy'), 1)")
    assert "externalId: ExternalIdInput" in await page.value("at('docs').textContent")
    blocked = "fetch('https://example.com/').then(() => 'called', () => 'refused')"
    assert await page.value(blocked) == "refused"
    assert {url.split("/")[2] for url in page.asked if url.startswith("http")} - {"example.com"} == {address}
    assert [offence for offence in page.offences if "Content Security Policy" not in offence] == []
