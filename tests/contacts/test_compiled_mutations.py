"""A compiled mutation is carried out once and answered as the framework would answer it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from strawberry.types import ExecutionResult

from hub.access.principal import SCOPES_OF, Role, Scope
from hub.store.engine import Database
from schema.change import Changes
from schema.compiled.mutation import Mutation
from schema.context import Context
from schema.settled import Settled
from tests.contacts.conducting import START, counted, do, start, step
from tests.contacts.conftest import CATALOGUE, RULES
from tests.contacts.test_dialogs import EVERYTHING, dialog
from tests.schema.both_ways import Both
from tests.schema.serving import Api, serving

WRITTEN = ("customer_session", "session_leg", "change_pending", "idempotency_key", *EVERYTHING)
REPORT = """mutation($input: RecordContactEventsInput!) {
  recordContactEvents(input: $input) { recorded repeated problems { code path } } }"""
SPELT = """mutation($session: ID!, $channel: String) { a: __typename
  startDialog(input: {sessionId: $session, topic: "moving-house"}) { ...Kept problems { __typename code } } }
  fragment Kept on DialogPayload { dialog { __typename id state topic { name } toAsk { name } content } }"""


@pytest.fixture
def told_twice(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every compiled answer is held against the framework's answer of the same payload; the fields it was for."""
    payloads: list[object] = []
    fields: list[str] = []
    write, change = Mutation.written, Changes.change

    async def written(self: Mutation, context: Context, payload: object) -> dict[str, object]:
        payloads.append(payload)
        return await write(self, context, payload)

    async def both(
        self: Changes, context: Context, text: str, variables: Mapping[str, Any] | None, name: str | None
    ) -> ExecutionResult | None:
        payloads.clear()
        answer = await change(self, context, text, variables, name)
        if answer is not None and payloads and context.settled is None:
            context.settled = Settled(payloads[0])
            again = await self._schema.execute(text, dict(variables or {}), context, operation_name=name)
            assert (answer.data, answer.errors, answer.extensions) == (again.data, again.errors, again.extensions)
            assert list(answer.data or {}) == list(again.data or {})
            fields.extend(answer.data or {})
        return answer

    monkeypatch.setattr(Mutation, "written", written)
    monkeypatch.setattr(Changes, "change", both)
    return fields


async def test_the_steps_of_a_contact_are_answered_as_by_the_framework(desk: Api, told_twice: list[str]) -> None:
    session = (await start(desk, known={"phone": "+31612345678"}))["session"]
    begun = (await dialog(desk, "startDialog", sessionId=session["id"], topic="moving-house"))["dialog"]
    await step(desk, "authenticateSession", session)
    told = [{"question": "postal_code", "value": "1017 GC"}]
    await dialog(desk, "answerDialog", dialogId=begun["id"], answers=told)
    refused = await dialog(desk, "moveDialog", dialogId=begun["id"], to="COMPLETED")
    assert refused["problems"]
    event = {"customerId": session["customer"]["id"], "kind": "INTEREST", "occurredAt": "2026-03-02T08:00:00Z"}
    await do(desk, "recordContactEvents", REPORT, events=[{**event, "eventId": "1", "channel": "chat", "subject": "x"}])
    await step(desk, "wrapUpSession", session)
    assert told_twice == [
        "startSession",
        "startDialog",
        "authenticateSession",
        "answerDialog",
        "moveDialog",
        "recordContactEvents",
        "wrapUpSession",
    ]


@pytest.fixture
async def both(company: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Both]:
    """Two applications, of which one compiles."""
    given = {"contact": RULES, "topics": CATALOGUE}
    async with (
        serving(database_url, tmp_path, **given) as compiling,
        serving(database_url, tmp_path, compiled=False, **given) as resolving,
    ):
        yield Both(compiling, resolving)


@pytest.mark.parametrize(
    ("variables", "role"),
    [
        ({}, Role.AGENT),
        ({"input": None}, Role.AGENT),
        ({"input": {"channel": 5}}, Role.AGENT),
        ({"input": {"channel": "chat", "direction": "SIDEWAYS"}}, Role.AGENT),
        ({"input": {"channel": "chat", "nobody": 1}}, Role.AGENT),
        ({"input": {"channel": "chat", "known": {"customerId": "nonsense"}}}, Role.AGENT),
        ({"input": {"channel": "chat", "startedAt": "yesterday"}}, Role.AGENT),
        ({"input": {"channel": "chat", "known": {"phone": "+31612345678", "deep": [[[[]]]]}}}, Role.AGENT),
        ({"input": {"channel": "chat", "idempotencyKey": ""}}, Role.AGENT),
        ({"input": {"channel": "no such channel " * 400}}, Role.AGENT),
        ({"input": {"channel": "chat", "known": {"phone": "\x00"}}}, Role.AGENT),
        ({"input": {"channel": "chat"}}, Role.ARCHITECT),
        ({"input": {"channel": "chat"}}, None),
    ],
)
async def test_what_is_refused_is_refused_in_the_same_words_and_leaves_nothing(
    both: Both, company: Database, variables: dict[str, object], role: Role | None
) -> None:
    before = await counted(company, *WRITTEN)
    compiled, resolved, _ = await both.ask(START, variables, role=role)
    assert compiled == resolved
    assert await counted(company, *WRITTEN) == before


async def test_a_field_that_is_not_for_him_is_null_and_the_contact_started_once(
    both: Both, company: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SCOPES_OF, Role.FRONTEND, frozenset({Scope.CONTACTS_READ, Scope.CONTACTS_CONDUCT}))
    (before,) = await counted(company, "customer_session")
    given = {"input": {"channel": "chat", "known": {"phone": "+31612345678"}, "idempotencyKey": "once"}}
    compiled, resolved, _ = await both.ask(START, given, role=Role.FRONTEND)
    assert compiled == resolved
    assert compiled.errors
    assert "+31" not in compiled.data
    assert await counted(company, "customer_session") == [before + 1]


async def test_an_input_spelt_out_takes_its_variables(desk: Api, told_twice: list[str]) -> None:
    session = (await start(desk, known={"phone": "+31612345678"}))["session"]
    document = SPELT.replace("a: __typename\n  ", "").replace(", $channel: String", "")
    answer = await desk.ask(document, {"session": session["id"], "unused": 1})
    assert answer.errors == []
    assert answer.data["startDialog"]["dialog"]["state"] == "HOLD"
    assert told_twice == ["startSession", "startDialog"]
    missing = await desk.ask(document, {})
    assert missing.codes == ["BAD_REQUEST"]
    assert len(told_twice) == 2


async def test_a_fault_in_writing_the_answer_is_told_and_nothing_is_done_again(
    desk: Api, company: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> dict[str, object]:
        raise RuntimeError

    (before,) = await counted(company, "customer_session")
    monkeypatch.setattr(Mutation, "written", broken)
    answer = await desk.ask(START, {"input": {"channel": "chat"}})
    assert answer.errors == []
    assert answer.data["startSession"]["session"]["channel"] == "chat"
    assert await counted(company, "customer_session") == [before + 1]
