"""Deliveries in any order of steps, with workers that die anywhere: nothing twice, nothing after an answer, no ended
delivery that goes on.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any, ClassVar, TypeVar
from uuid import UUID, uuid4

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from hub.access.principal import Role
from hub.outbound.compose import delivery_of
from hub.outbound.links import link_for
from hub.outbound.send_mail import SendMail
from hub.outbound.states import DELIVERY_STATES
from hub.records.outbound import DeliveryState
from hub.store.engine import Database, open_engine
from hub.work.work import Work
from tests.any_steps import any_steps
from tests.leads.documents import lead as lead_mutation
from tests.outbound.company import Street, lead_for, outbound
from tests.outbound.receiving import Receiver, receiving
from tests.outbound.test_api import mutate
from tests.outbound.test_print_run import Died, Dying, letters
from tests.schema.company import gid
from tests.schema.serving import Api, serving

T = TypeVar("T")
ANSWERS = st.sampled_from(["250 kept", "250 kept", "451 later", "550 no"])
DEATHS = st.sampled_from([None, None, "before", "between", "_take_in", "_close", "_letters", "_become", "_sent"])


class AnyDelivery(RuleBasedStateMachine):
    """What schedules, workers, agents and customers do, whatever the state allows; the time only goes forward."""

    loop: ClassVar[asyncio.AbstractEventLoop]
    street: ClassVar[Street]
    api: ClassVar[Api]
    receiver: ClassVar[Receiver]

    def __init__(self) -> None:
        super().__init__()
        self.left_over: list[Work] = []
        self.settled_to_send: Counter[UUID] = Counter()
        self.answered: set[UUID] = set()
        self.ended: dict[UUID, str] = {}
        self.receiver.mails.clear()
        self.run(self._nothing())

    async def _nothing(self) -> None:
        async with self.street.database.transaction() as connection:
            await connection.execute(text("TRUNCATE sales_lead, print_run, dispatch, lead_response CASCADE"))
            await connection.execute(text("DELETE FROM undeliverable_medium"))
        self.printed_before = set(self._printed())
        for person in ("Anna Bakker", "Cor Smit"):
            await lead_for(self.street.database, person, self.street.now)
        await self.street.plan()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def rows(self) -> list[Any]:
        async def read() -> list[Any]:
            async with self.street.database.reading() as connection:
                found = await connection.execute(
                    text("SELECT id, lead_id, channel, state, taken_by FROM lead_delivery ORDER BY created_at, id")
                )
                return list(found.all())

        return self.run(read())

    def _printed(self) -> list[str]:
        files = self.street.folder.glob("[!.]*/letters.csv")
        return [row["delivery"] for file in files for row in letters(file.parent)]

    @rule(person=st.sampled_from(["Anna Bakker", "Cor Smit"]))
    def open(self, person: str) -> None:
        self.run(lead_for(self.street.database, person, self.street.now))
        self.run(self.street.plan())

    @rule(minutes=st.sampled_from([1, 15, 61, 300]))
    def time_passes(self, minutes: int) -> None:
        self.street.forward(minutes=minutes)
        self.api.clock.now = self.street.now
        self.run(self.street.tidy())

    @rule(answer=ANSWERS, death=DEATHS)
    def work(self, answer: str, death: str | None) -> None:
        """Everything that is due; a worker may die at it, and what it had is done again by another one later."""
        for recipient in ("anna@example.nl", "Anna@example.nl", "cor@example.nl"):
            self.receiver.at_data[recipient] = answer
        for work in self.run(self.street.queue()):
            self._carry_out(work, death)

    def _carry_out(self, work: Work, death: str | None) -> None:
        if death is None:
            self.run(self.street.carry_out(work))
            return
        self.left_over.append(work)
        if "delivery" in work.payload and death == "between":
            attempt = int(str(work.payload["try"]))
            self.run(SendMail(self.street.room)._intend(UUID(str(work.payload["delivery"])), attempt))
        if "run" in work.payload and death.startswith("_"):
            with suppress(Died):
                self.run(Dying(self.street, after=death)(work))

    @rule()
    def another_worker_takes_over(self) -> None:
        works, self.left_over = self.left_over, []
        for work in works:
            self.run(self.street.carry_out(work))

    @rule(role=st.sampled_from([Role.AGENT, Role.SUPERVISOR]))
    def claim(self, role: Role) -> None:
        payload = self.run(mutate(self.api, "claimCall", role, channel="calls"))
        assert {problem["code"] for problem in payload["problems"]} <= {"CONFLICT"}

    @rule(
        role=st.sampled_from([Role.AGENT, Role.SUPERVISOR]),
        outcome=st.sampled_from(["REACHED", "NO_ANSWER"]),
        place=st.integers(0, 5),
    )
    def complete(self, role: Role, outcome: str, place: int) -> None:
        calls = [row for row in self.rows() if row.channel == "calls"]
        if calls:
            call = calls[place % len(calls)]
            response = {"response": "ACCEPTED"} if outcome == "REACHED" else {}
            given = {"callId": gid("LeadDelivery", call.id), "outcome": outcome, **response}
            payload = self.run(mutate(self.api, "completeCall", role, **given))
            mine = call.state == "CLAIMED" and call.taken_by == f"development:{role.value}"
            assert [problem["code"] for problem in payload["problems"]] == ([] if mine else ["CONFLICT"])
            if mine and response:
                self.answered.add(call.lead_id)

    @rule(place=st.integers(0, 5), by_link=st.booleans())
    def customer_answers(self, place: int, by_link: bool) -> None:
        mails = [row for row in self.rows() if row.channel == "mail"]
        if not mails:
            return
        mail = mails[place % len(mails)]
        link = self.street.settings.rules.link
        assert link is not None
        if by_link:
            path = link_for(self.street.room.keys, link, mail.id, self.street.now).partition(".com")[2]
            assert self.run(self.api.http.post(path)).status_code == 303
        else:
            given = {"leadId": gid("SalesLead", mail.lead_id), "outcome": "INTEREST", "channel": "web"}
            key = str(uuid4())
            payload = self.run(lead_mutation(self.api, "recordLeadResponse", **given, idempotencyKey=key))
            assert payload["problems"] == []
        self.answered.add(mail.lead_id)

    @rule(to=st.sampled_from(["SENT", "PLANNED", "FAILED"]), place=st.integers(0, 5))
    def settle(self, to: str, place: int) -> None:
        mails = [row for row in self.rows() if row.channel == "mail"]
        if mails:
            mail = mails[place % len(mails)]
            given = {"deliveryId": gid("LeadDelivery", mail.id), "to": to}
            payload = self.run(mutate(self.api, "settleDelivery", Role.SUPERVISOR, **given))
            assert bool(payload["problems"]) is (mail.state != "UNKNOWN")
            if not payload["problems"] and to == "PLANNED":
                self.settled_to_send[mail.id] += 1

    @invariant()
    def nothing_arrives_twice(self) -> None:
        """But what a person had sent again."""
        for delivery, times in Counter(delivery_of(str(mail["Message-ID"])) for mail in self.receiver.mails).items():
            assert times <= 1 + self.settled_to_send[delivery]
        printed = Counter(one for one in self._printed() if one not in self.printed_before)
        assert set(printed.values()) <= {1}

    @invariant()
    def an_answer_leaves_nothing_to_go_out(self) -> None:
        for row in self.rows():
            if row.lead_id in self.answered:
                in_a_closed_run = row.channel == "letters" and row.state == "CLAIMED"
                assert row.state not in ("PLANNED", "CLAIMED") or in_a_closed_run

    @invariant()
    def what_has_ended_stays_as_it_is(self) -> None:
        standing = {row.id: row.state for row in self.rows()}
        assert {one: standing[one] for one in self.ended} == self.ended
        self.ended = {one: state for one, state in standing.items() if DELIVERY_STATES.ended(DeliveryState(state))}


@pytest.mark.slow
def test_any_order_of_steps_sends_nothing_twice_and_nothing_after_an_answer(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    loop = asyncio.new_event_loop()
    stack = AsyncExitStack()

    async def opened() -> None:
        AnyDelivery.receiver = await stack.enter_async_context(receiving())
        database = Database(open_engine(database_url))
        stack.push_async_callback(database.aclose)
        AnyDelivery.street = Street(database, tmp_path / "street", AnyDelivery.receiver.port, outbound())
        AnyDelivery.api = await stack.enter_async_context(
            serving(database_url, tmp_path, outbound=AnyDelivery.street.settings, company="Harbour")
        )

    try:
        loop.run_until_complete(opened())
        AnyDelivery.loop = loop
        run_state_machine_as_test(
            AnyDelivery,
            settings=any_steps(15, 25),
        )
    finally:
        loop.run_until_complete(stack.aclose())
        loop.close()
