"""Contacts in any order of steps, through the public API: no illegal state is reached, and no event is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from contextlib import AsyncExitStack
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import strategies
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from hub.access.principal import Role
from hub.contacts.commitment import break_overdue
from hub.contacts.states import (
    COMMITMENT_STATES,
    DIALOG_STATES,
    REQUEST_STATES,
    SESSION_PHASES,
    SESSION_STATES,
    TASK_STATES,
    StateTable,
)
from hub.contacts.wrap_up import end_quiet_sessions
from hub.records.contact import CommitmentState, DialogState, SessionPhase, SessionState
from hub.records.enums import RequestState
from hub.store.engine import Database
from tests.any_steps import any_steps
from tests.contacts.conducting import IDENTIFY, START, step_document
from tests.contacts.conftest import CATALOGUE, RULES
from tests.contacts.test_dialogs import document
from tests.schema.serving import Api, serving

T = TypeVar("T")

VIEW = """query($ids: [ID!]!) { nodes(ids: $ids) { ... on CustomerSession {
  id state phase result customer { id } dialogs { id state outcome request { id } } } } }"""
ADVANCE = "mutation($input: AdvanceRequestInput!) { advanceRequest(input: $input) { problems { code } } }"
TASKS = "query($id: ID!) { node(id: $id) { ... on BusinessRequest { state tasks { name state } } } }"
MOVE_TASK = "mutation($input: MoveTaskInput!) { moveTask(input: $input) { problems { code } } }"
PROMISE = (
    "mutation($input: MakeCommitmentInput!) { makeCommitment(input: $input) { commitment { id } problems { code } } }"
)
SETTLE = "mutation($input: SettleCommitmentInput!) { settleCommitment(input: $input) { problems { code } } }"
PROMISED = "query($id: ID!) { node(id: $id) { ... on Commitment { state } } }"
REQUEST = "query($id: ID!) { node(id: $id) { ... on BusinessRequest { state } } }"


def reachable(table: StateTable[Any], state: StrEnum, to: StrEnum) -> bool:
    """Whether steps that the table allows lead there; one call may take several."""
    seen, frontier = {state}, {state}
    while frontier:
        frontier = {after for known in frontier for after in table.follows[known]} - seen
        seen |= frontier
    return to in seen


class AnyContact(RuleBasedStateMachine):
    """Steps that agents, channels and the clock take, whatever the state allows."""

    sessions = Bundle("sessions")
    dialogs = Bundle("dialogs")
    requests = Bundle("requests")
    promises = Bundle("promises")
    loop: ClassVar[asyncio.AbstractEventLoop]
    api: ClassVar[Api]
    database: ClassVar[Database]

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[str, Mapping[str, Any]] = {}

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def ask(self, name: str, asked: str, role: Role = Role.AGENT, **given: Any) -> Any:
        answer = self.run(self.api.ask(asked, {"input": given}, role=role))
        assert answer.errors == [], name
        payload = answer.data[name]
        codes = {problem["code"] for problem in payload["problems"]}
        assert codes <= {"CONFLICT", "INVALID", "NOT_FOUND"}
        return payload

    @rule(
        target=sessions,
        known=strategies.sampled_from([{"phone": "+31612345678"}, {"email": "thuis@example.nl"}, {}]),
        role=strategies.sampled_from([Role.AGENT, Role.FRONTEND]),
    )
    def start(self, known: dict[str, str], role: Role) -> str:
        identity: str = self.ask("startSession", START, role, channel="chat", known=known)["session"]["id"]
        return identity

    @rule(session=sessions, phone=strategies.sampled_from(["+31612345678", "+31201111111", "+31699999999"]))
    def identify(self, session: str, phone: str) -> None:
        self.ask("identifyCustomer", IDENTIFY, sessionId=session, known={"phone": phone})

    @rule(session=sessions, passed=strategies.booleans())
    def authenticate(self, session: str, passed: bool) -> None:
        self.ask("authenticateSession", step_document("authenticateSession"), sessionId=session, passed=passed)

    @rule(session=sessions)
    def transfer(self, session: str) -> None:
        self.ask("transferSession", step_document("transferSession"), sessionId=session, channel="call-centre")

    @rule(session=sessions, role=strategies.sampled_from([Role.AGENT, Role.SUPERVISOR]))
    def resume(self, session: str, role: Role) -> None:
        self.ask("resumeSession", step_document("resumeSession"), role, sessionId=session)

    @rule(session=sessions, close=strategies.booleans())
    def wrap_up(self, session: str, close: bool) -> None:
        self.ask("wrapUpSession", step_document("wrapUpSession"), sessionId=session, close=close)

    @rule(target=dialogs, session=sessions, topic=strategies.sampled_from(sorted(CATALOGUE.topics)))
    def begin(self, session: str, topic: str) -> str | None:
        made = self.ask("startDialog", document("startDialog"), sessionId=session, topic=topic)["dialog"]
        return None if made is None else str(made["id"])

    @rule(dialog=dialogs, product=strategies.sampled_from(["fibre", "copper"]))
    def answer(self, dialog: str | None, product: str) -> None:
        if dialog is not None:
            said = [{"question": "product", "value": product}, {"question": "months", "value": "12"}]
            self.ask("answerDialog", document("answerDialog"), dialogId=dialog, answers=said)

    @rule(target=requests, dialog=dialogs)
    def complete(self, dialog: str | None) -> str | None:
        if dialog is None:
            return None
        done = self.ask("completeDialog", document("completeDialog"), dialogId=dialog)["dialog"]
        return None if done is None or done["request"] is None else str(done["request"]["id"])

    @rule(dialog=dialogs, to=strategies.sampled_from(["HOLD", "ACTIVE", "CANCELLED"]))
    def move(self, dialog: str | None, to: str) -> None:
        if dialog is not None:
            self.ask("moveDialog", document("moveDialog"), dialogId=dialog, to=to)

    @rule(request=requests, to=strategies.sampled_from(RequestState))
    def advance(self, request: str | None, to: RequestState) -> None:
        if request is None:
            return
        before = RequestState(self.run(self.api.ask(REQUEST, {"id": request})).data["node"]["state"])
        problems = self.ask("advanceRequest", ADVANCE, requestId=request, to=to.value)["problems"]
        after = RequestState(self.run(self.api.ask(REQUEST, {"id": request})).data["node"]["state"])
        allowed = to in REQUEST_STATES.follows[before]
        assert (problems == [], after) == (allowed, to if allowed else before)

    @rule(request=requests, to=strategies.sampled_from(DialogState))
    def move_task(self, request: str | None, to: DialogState) -> None:
        """The first task of the request, whatever its state allows; a request that has ended has no work left."""
        node = None if request is None else self.run(self.api.ask(TASKS, {"id": request})).data["node"]
        if node is None or not node["tasks"]:
            return
        task, ended = node["tasks"][0], REQUEST_STATES.ended(RequestState(node["state"]))
        given = {"requestId": request, "task": task["name"], "to": to.value}
        problems = self.ask("moveTask", MOVE_TASK, **given)["problems"]
        allowed = to in TASK_STATES.follows[DialogState(task["state"])] and not ended
        after = self.run(self.api.ask(TASKS, {"id": request})).data["node"]["tasks"][0]["state"]
        assert (problems == [], after) == (allowed, to.value if allowed else task["state"])

    @rule(target=promises, session=sessions, hours=strategies.sampled_from([1, 3]))
    def promise(self, session: str, hours: int) -> str | None:
        due = (self.api.clock() + timedelta(hours=hours)).isoformat()
        made = self.ask("makeCommitment", PROMISE, sessionId=session, promise="Call back", dueAt=due)["commitment"]
        return None if made is None else str(made["id"])

    @rule(promise=promises, to=strategies.sampled_from(["KEPT", "WITHDRAWN"]))
    def settle(self, promise: str | None, to: str) -> None:
        if promise is None:
            return
        before = CommitmentState(self.run(self.api.ask(PROMISED, {"id": promise})).data["node"]["state"])
        problems = self.ask("settleCommitment", SETTLE, commitmentId=promise, to=to)["problems"]
        after = self.run(self.api.ask(PROMISED, {"id": promise})).data["node"]["state"]
        allowed = CommitmentState(to) in COMMITMENT_STATES.follows[before]
        assert (problems == [], after) == (allowed, to if allowed else before.value)

    @rule(minutes=strategies.sampled_from([5, 40, 200]))
    def pass_time(self, minutes: int) -> None:
        self.api.clock.forward(timedelta(minutes=minutes))
        self.run(self._chores())

    async def _chores(self) -> None:
        async with self.database.transaction() as connection:
            await end_quiet_sessions(connection, RULES, self.api.clock(), 100)
            await break_overdue(connection, self.api.clock(), 100)

    @invariant()
    def every_session_got_where_it_is_by_allowed_steps(self) -> None:
        ids = list(self.seen)
        known = self.run(self._ids())
        nodes = self.run(self.api.ask(VIEW, {"ids": [*ids, *(one for one in known if one not in self.seen)][-50:]}))
        for node in nodes.data["nodes"]:
            before = self.seen.get(node["id"], node)
            state, phase = SessionState(node["state"]), SessionPhase(node["phase"])
            assert reachable(SESSION_STATES, SessionState(before["state"]), state)
            assert reachable(SESSION_PHASES, SessionPhase(before["phase"]), phase)
            assert (node["result"] is not None) == (state is SessionState.CLOSED)
            assert (phase is SessionPhase.WRAP_UP) == (state in (SessionState.WRAP_UP, SessionState.CLOSED))
            old = {dialog["id"]: DialogState(dialog["state"]) for dialog in before["dialogs"]}
            for dialog in node["dialogs"]:
                now = DialogState(dialog["state"])
                assert reachable(DIALOG_STATES, old.get(dialog["id"], now), now)
                assert DIALOG_STATES.ended(now) or state not in (SessionState.WRAP_UP, SessionState.CLOSED)
            self.seen[node["id"]] = node

    @invariant()
    def nothing_happened_that_nobody_can_hear_of(self) -> None:
        untold = """SELECT count(*) FROM customer_session s WHERE s.started_at > :since AND (
          NOT EXISTS (SELECT FROM change_pending c WHERE c.topic = 'CustomerSession' AND c.object_id = s.id::text
            AND c.kind = 'CustomerSessionCreateEvent')
          OR (s.customer_id IS NOT NULL) <> EXISTS (SELECT FROM timeline_entry t WHERE t.session_id = s.id
            AND t.customer_id = s.customer_id AND t.kind = 'SESSION_STARTED')
          OR (s.customer_id IS NOT NULL AND s.state = 'CLOSED') <> EXISTS (SELECT FROM timeline_entry t
            WHERE t.session_id = s.id AND t.kind = 'SESSION_ENDED'))"""
        assert self.run(self._counted(untold)) == 0

    async def _ids(self) -> list[str]:
        async with self.database.reading() as connection:
            rows = await connection.execute(
                text(
                    """SELECT encode(convert_to('CustomerSession:' || id, 'UTF8'), 'base64') FROM customer_session
                       WHERE contact_id LIKE 'C-_____-_____' ORDER BY started_at DESC, id LIMIT 50"""
                )
            )
            return ["".join(found.split()) for found in rows.scalars()]

    async def _counted(self, statement: str) -> int:
        async with self.database.reading() as connection:
            since = self.api.clock() - timedelta(days=1)
            return int(await connection.scalar(text(statement), {"since": since}) or 0)


@pytest.mark.slow
def test_any_order_of_steps_keeps_to_the_tables(company: Database, database_url: str, tmp_path: Path) -> None:
    loop = asyncio.new_event_loop()
    stack = AsyncExitStack()
    try:
        AnyContact.loop = loop
        api = serving(database_url, tmp_path, contact=RULES, topics=CATALOGUE)
        AnyContact.api = loop.run_until_complete(stack.enter_async_context(api))
        AnyContact.database = AnyContact.api.app.state.running.hub.database
        run_state_machine_as_test(
            AnyContact,
            settings=any_steps(10, 20),
        )
    finally:
        loop.run_until_complete(stack.aclose())
        loop.close()
