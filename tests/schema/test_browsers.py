"""What a page of another origin can do with a browser: nothing, unless the operator listed its origin."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from hub.access.principal import Role
from hub.store.engine import Database
from tests.schema.serving import Api, serving

RUN = 'mutation { runFlow(input: {flow: "crm-customers"}) { run { id } } }'
ASK = "{ viewer { subject } }"
SHOP, EVIL = "https://shop.example", "https://evil.example"

FORM = ("application/x-www-form-urlencoded", "query=mutation+%7B+runFlow+%7D")
PARTS = (
    "multipart/form-data; boundary=x",
    f'--x\r\ncontent-disposition: form-data; name="query"\r\n\r\n{RUN}\r\n--x--\r\n',
)
PLAIN = ("text/plain", f'{{"query": "{RUN.replace(chr(34), chr(92) + chr(34))}"}}')


async def runs(database: Database) -> object:
    async with database.reading() as connection:
        return await connection.scalar(text("SELECT count(*) FROM flow_run"))


@pytest.mark.parametrize(
    ("content_type", "body"), [FORM, PARTS, PLAIN, (None, PLAIN[1])], ids=["form", "parts", "plain", "none"]
)
async def test_what_a_browser_sends_anywhere_without_asking_first_is_refused_though_the_token_is_good(
    api: Api, company: Database, content_type: str | None, body: str
) -> None:
    before = await runs(company)
    headers = {"authorization": f"Bearer {api.token(Role.ARCHITECT)}", "origin": EVIL}
    if content_type is not None:
        headers["content-type"] = content_type
    answer = await api.http.post("/graphql", content=body, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "BAD_REQUEST")
    assert await runs(company) == before


async def test_a_cookie_is_no_token(api: Api) -> None:
    token = api.token(Role.AGENT)
    for cookie in (f"authorization=Bearer {token}", f"token={token}", f"session={token}"):
        answer = await api.http.post("/graphql", json={"query": ASK}, headers={"cookie": cookie})
        assert answer.status_code == 401
    in_address = await api.http.get("/graphql", params={"query": ASK, "access_token": token})
    assert in_address.status_code == 401


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json", "text/event-stream"])
async def test_a_mutation_by_get_changes_nothing_whatever_it_accepts(api: Api, company: Database, accept: str) -> None:
    before = await runs(company)
    headers = {"authorization": f"Bearer {api.token(Role.ARCHITECT)}", "accept": accept}
    answer = await api.http.get("/graphql", params={"query": RUN}, headers=headers)
    assert '"BAD_REQUEST"' in answer.text
    assert await runs(company) == before


async def test_a_browser_may_call_from_listed_origins_with_a_token_and_with_nothing_that_it_adds_itself(
    database_url: str, tmp_path: Path
) -> None:
    async with serving(database_url, tmp_path, cors_origins=(SHOP,)) as api:

        async def preflight(origin: str, method: str, headers: str) -> dict[str, str]:
            given = {"origin": origin, "access-control-request-method": method}
            answer = await api.http.options("/graphql", headers={**given, "access-control-request-headers": headers})
            return {"status": str(answer.status_code), **answer.headers}

        allowed = await preflight(SHOP, "POST", "authorization,content-type")
        assert (allowed["status"], allowed["access-control-allow-origin"]) == ("200", SHOP)
        assert "access-control-allow-credentials" not in allowed
        for refused in (
            await preflight(EVIL, "POST", "authorization,content-type"),
            await preflight(SHOP, "DELETE", "authorization"),
            await preflight(SHOP, "POST", "x-anything"),
        ):
            assert refused["status"] == "400"
        token = {"authorization": f"Bearer {api.token(Role.AGENT)}"}
        for origin, readable in ((SHOP, SHOP), (EVIL, None), ("null", None)):
            answer = await api.http.post("/graphql", json={"query": ASK}, headers={**token, "origin": origin})
            assert answer.headers.get("access-control-allow-origin") == readable
            assert "Origin" in answer.headers.get("vary", "Origin")


async def test_without_a_setting_no_origin_may_call(api: Api) -> None:
    answer = await api.http.options("/graphql", headers={"origin": SHOP, "access-control-request-method": "POST"})
    assert (answer.status_code, "access-control-allow-origin" in answer.headers) == (400, False)


async def test_every_answer_tells_browsers_to_be_careful(api: Api) -> None:
    token = {"authorization": f"Bearer {api.token(Role.AGENT)}"}
    answers = {
        "query": await api.post(ASK, token=api.token(Role.AGENT)),
        "by resolvers": await api.post("{ flows { name } }", token=api.token(Role.ARCHITECT)),
        "by GET": await api.http.get("/graphql", params={"query": ASK}, headers=token),
        "events": await api.http.get(
            "/graphql", params={"query": ASK}, headers=token | {"accept": "text/event-stream"}
        ),
        "refused": await api.post(ASK),
        "too large": await api.http.post("/graphql", content=b" " * 100_001),
        "page": await api.http.get("/graphql", headers={"accept": "text/html"}),
        "no purpose": await api.http.get("/graphql", headers=token | {"x-hub-purpose": "No Code"}),
        "no method": await api.http.put("/graphql", headers=token),
        "no body": await api.http.post("/graphql", headers=token | {"content-type": "application/json"}, content=b"{"),
        "preflight": await api.http.options(
            "/graphql", headers={"origin": SHOP, "access-control-request-method": "POST"}
        ),
        "nowhere": await api.http.get("/nowhere"),
        "health": await api.http.get("/healthz"),
    }
    for what, answer in answers.items():
        found = {name: answer.headers.get(name) for name in ("x-content-type-options", "referrer-policy")}
        assert found == {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}, what
        assert answer.headers["cross-origin-opener-policy"] == "same-origin", what
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'"), what
        assert "frame-ancestors 'none'" in policy, what
        assert "server" not in answer.headers, what
        assert answer.headers["x-request-id"], what
    for what in ("query", "by resolvers", "refused"):
        assert answers[what].headers.get("cache-control") == "no-store", what
