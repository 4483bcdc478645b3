"""Tokens that were revoked are refused by every process within seconds, and what they follow ends."""

from __future__ import annotations

import asyncio
import json
from base64 import urlsafe_b64decode
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from hub.access.principal import Role
from hub.access.revoked import Revocation
from hub.entrypoints.cli.token import _revoke
from hub.store.engine import Database
from tests.schema.company import NOW
from tests.schema.serving import Api, serving
from tests.waiting import until

pytestmark = pytest.mark.slow

REVOKE = """
mutation($input: RevokeTokensInput!) { revokeTokens(input: $input) { revoked problems { code path } } }
"""
ASK = "{ viewer { subject } }"


async def refused(api: Api, token: str) -> bool | None:
    """True once the token is answered with 401 and why."""
    answer = await api.post(ASK, token=token)
    if answer.status_code == 200:
        return None
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["errors"][0]["message"] == "the token was revoked; log in again"
    return True


async def test_a_subjects_tokens_end_in_every_process_and_new_ones_are_good(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    async with serving(database_url, tmp_path) as first, serving(database_url, tmp_path) as second:
        old, other = first.token(Role.AGENT), first.token(Role.STEWARD)
        assert not await refused(second, old)
        for api in (first, second):
            api.clock.forward(timedelta(seconds=1))
        answer = await first.ask(REVOKE, {"input": {"subject": "development:agent"}}, role=Role.ARCHITECT)
        assert answer.data == {"revokeTokens": {"revoked": True, "problems": []}}
        async with asyncio.timeout(5):
            await asyncio.gather(*(until(lambda api=api: refused(api, old)) for api in (first, second)))  # type: ignore[misc]
        for api in (first, second):
            assert not await refused(api, api.token(Role.AGENT)), "issued since"
            assert not await refused(api, other), "of another subject"
    async with company.reading() as connection:
        deeds = await connection.execute(
            text("SELECT principal, object_type, object_id FROM audit_event WHERE action = 'revokeTokens'")
        )
        assert [tuple(deed) for deed in deeds] == [("development:architect", "Subject", "development:agent")]


async def test_one_token_ends_by_its_id_and_the_subjects_others_do_not(api: Api, database_url: str) -> None:
    lost, kept = api.token(Role.AGENT), api.token(Role.AGENT)
    await _revoke(database_url, Revocation(_id_of(lost), None, None), "lost")
    async with asyncio.timeout(5):
        await until(lambda: refused(api, lost))
    assert not await refused(api, kept)


def _id_of(token: str) -> str:
    """The claim `jti`."""
    body = token.split(".")[1]
    claims = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return str(claims["jti"])


async def test_what_names_no_token_or_two_is_a_problem_and_revokes_nothing(api: Api, company: Database) -> None:
    tomorrow = (NOW + timedelta(days=1)).isoformat()
    given = [
        ({}, "INVALID"),
        ({"subject": "eva", "tokenId": "t-1"}, "INVALID"),
        ({"subject": ""}, "INVALID"),
        ({"tokenId": "t-1", "issuedBefore": NOW.isoformat()}, "IN_THE_FUTURE"),
        ({"subject": "eva", "issuedBefore": tomorrow}, "IN_THE_FUTURE"),
        ({"subject": "eva", "reason": "x" * 501}, "INVALID"),
    ]
    for input_, code in given:
        answer = await api.ask(REVOKE, {"input": input_}, role=Role.ARCHITECT)
        assert [problem["code"] for problem in answer.data["revokeTokens"]["problems"]] == [code]
        assert answer.data["revokeTokens"]["revoked"] is False
    async with company.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM token_revocation")) == 0


async def test_the_list_goes_on_counting_while_the_database_is_away(
    api: Api, company: Database, database_url: str
) -> None:
    token = api.token(Role.AGENT)
    api.clock.forward(timedelta(seconds=1))
    await _revoke(database_url, Revocation(None, "development:agent", api.clock()), None)
    await until(lambda: refused(api, token))
    async with company.transaction() as connection:
        await connection.execute(text("ALTER TABLE token_revocation RENAME TO elsewhere"))
    try:
        looks = 0

        def looked() -> None:
            nonlocal looks
            looks += 1

        hub = api.app.state.running.hub
        with hub.watched.while_it_holds(looked, lambda _: None):

            async def twice() -> bool:
                return looks >= 2

            await until(twice)
        assert await refused(api, token)
    finally:
        async with company.transaction() as connection:
            await connection.execute(text("ALTER TABLE elsewhere RENAME TO token_revocation"))
