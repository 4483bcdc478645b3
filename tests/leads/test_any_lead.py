"""Leads in any order of steps, through the public API and by what lead management says: no illegal state, no lost
answer.
"""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import pytest
from hypothesis import strategies
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from hub.flows.lane import LaneContext
from hub.leads.states import ANSWERED, LEAD_STATES, RATED
from hub.records.enums import LeadState
from hub.records.identity import Entity
from hub.records.leads import LeadOutcome
from hub.store.engine import Database
from tests.any_steps import any_steps
from tests.flows.building import declare_flow
from tests.leads.documents import lead
from tests.leads.opening import opening
from tests.leads.test_counterparts import told
from tests.schema.company import gid, uid
from tests.schema.offering import OFFERING
from tests.schema.serving import Api, serving

T = TypeVar("T")

ONE = """query($id: ID!) { node(id: $id) { ... on SalesLead {
  state rating respondedAt responses { outcome occurredAt } } } }"""


def _uuid(identity: str) -> UUID:
    return UUID(b64decode(identity).decode().removeprefix("SalesLead:"))


class AnyLead(RuleBasedStateMachine):
    """What agents, channels, campaigns and the LMS do with leads, whatever the state allows."""

    leads = Bundle("leads")
    loop: ClassVar[asyncio.AbstractEventLoop]
    api: ClassVar[Api]
    database: ClassVar[Database]
    lane: ClassVar[LaneContext]
    minute: ClassVar[int] = 0
    made: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, list[tuple[str, str]]] = {}

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def ask(self, operation: str, **given: Any) -> Any:
        payload = self.run(lead(self.api, operation, **given))
        assert {problem["code"] for problem in payload["problems"]} <= {"CONFLICT", "INVALID"}
        return payload

    def node(self, identity: str) -> Any:
        return self.run(self.api.ask(ONE, {"id": identity})).data["node"]

    def state(self, identity: str) -> LeadState:
        return LeadState(self.node(identity)["state"])

    @rule(target=leads)
    def open(self) -> str:
        anna = gid("Customer", uid("Anna Bakker"))
        made = self.ask("openLead", customerId=anna, name="Fibre", channel="web")["lead"]
        self.answers[made["id"]] = []
        return str(made["id"])

    @rule(target=leads, membership=strategies.sampled_from("1234"))
    def plan(self, membership: str) -> str:
        identity = self.run(opening(self.database, self.api.clock(), source=("cm", f"{id(self)}/{membership}"))).id
        self.answers.setdefault(gid("SalesLead", identity), [])
        return gid("SalesLead", identity)

    @rule(identity=leads, to=strategies.sampled_from(LeadState))
    def advance(self, identity: str, to: LeadState) -> None:
        before = self.state(identity)
        problems = self.ask("advanceLead", leadId=identity, to=to.value)["problems"]
        allowed = to in LEAD_STATES.follows[before]
        assert (problems == [], self.state(identity)) == (allowed, to if allowed else before)
        if not allowed:
            named = ", ".join(sorted(LEAD_STATES.follows[before])) or "nothing: it has ended"
            assert problems[0]["message"].endswith(f"what may follow is {named}")

    @rule(identity=leads)
    def convert(self, identity: str) -> None:
        before = self.state(identity)
        problems = self.ask("convertLead", leadId=identity)["problems"]
        assert (problems == []) == (LeadState.PENDING in LEAD_STATES.follows[before])

    @rule(identity=leads, rating=strategies.sampled_from(["HOT", "COLD"]))
    def rate(self, identity: str, rating: str) -> None:
        ended = LEAD_STATES.ended(self.state(identity))
        assert (self.ask("updateLead", leadId=identity, rating=rating)["problems"] == []) is not ended

    @rule(identity=leads, outcome=strategies.sampled_from(LeadOutcome), ago=strategies.sampled_from([0, 0, 90]))
    def answer(self, identity: str, outcome: LeadOutcome, ago: int) -> None:
        before = self.node(identity)
        at = self.api.clock() - timedelta(minutes=ago)
        AnyLead.made += 1
        given = {"leadId": identity, "outcome": outcome.value, "channel": "web", "at": at.isoformat()}
        for _ in range(2):
            assert self.ask("recordLeadResponse", **given, idempotencyKey=f"a{AnyLead.made}")["problems"] == []
        latest = all(told_at <= at.isoformat() for _, told_at in self.answers[identity])
        self.answers[identity].append((outcome.value, at.isoformat()))
        state, after = LeadState(before["state"]), self.node(identity)
        if not latest or LEAD_STATES.ended(state):
            assert (after["state"], after["rating"]) == (before["state"], before["rating"])
            return
        assert after["rating"] == RATED[outcome].value
        moves = ANSWERED[outcome] is LeadState.REJECTED or state is LeadState.ACKNOWLEDGED
        assert after["state"] == (ANSWERED[outcome] if moves else state).value

    @rule(identity=leads, state=strategies.sampled_from(LeadState))
    def hear(self, identity: str, state: LeadState) -> None:
        """The LMS's word needs no allowed step; news of it is how the lead stands."""
        AnyLead.minute += 1
        before, known = self.state(identity), self.run(self._told(identity))
        self.run(
            told(self.database, self.lane, _uuid(identity), AnyLead.minute, state.value, external_id=identity[-40:])
        )
        assert self.state(identity) == (state if known != state.value else before)

    @rule(minutes=strategies.sampled_from([1, 60]))
    def pass_time(self, minutes: int) -> None:
        self.api.clock.forward(timedelta(minutes=minutes))

    @invariant()
    def no_answer_is_lost_and_the_first_one_stops_deliveries(self) -> None:
        for identity, answers in self.answers.items():
            node = self.node(identity)
            assert sorted(one["outcome"] for one in node["responses"]) == sorted(outcome for outcome, _ in answers)
            assert (node["respondedAt"] is not None) == bool(answers)

    @invariant()
    def what_has_ended_is_closed_and_nothing_else(self) -> None:
        assert self.run(self._wrongly_closed()) == 0

    async def _told(self, identity: str) -> str:
        async with self.database.reading() as connection:
            known = await connection.scalar(
                text("SELECT told ->> 'state' FROM lead_counterpart WHERE lead_id = :id"), {"id": _uuid(identity)}
            )
            return known or "ACKNOWLEDGED"

    async def _wrongly_closed(self) -> int:
        async with self.database.reading() as connection:
            statement = """SELECT count(*) FROM sales_lead l JOIN lead_handling h ON h.lead_id = l.id
              WHERE (l.state IN ('ACCEPTED', 'REJECTED', 'CANCELLED')) <> (h.closed_at IS NOT NULL)"""
            return int(await connection.scalar(text(statement)) or 0)


@pytest.mark.slow
def test_any_order_of_steps_keeps_to_the_table(company: Database, database_url: str, tmp_path: Path) -> None:
    loop = asyncio.new_event_loop()
    stack = AsyncExitStack()
    try:
        AnyLead.loop = loop
        AnyLead.api = loop.run_until_complete(
            stack.enter_async_context(serving(database_url, tmp_path, offering=OFFERING))
        )
        AnyLead.database = AnyLead.api.app.state.running.hub.database
        AnyLead.lane = loop.run_until_complete(declare_flow(AnyLead.database, "lms", Entity.SALES_LEAD))
        run_state_machine_as_test(
            AnyLead,
            settings=any_steps(10, 20),
        )
    finally:
        loop.run_until_complete(stack.aclose())
        loop.close()
