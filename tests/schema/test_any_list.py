"""Outcomes in any order, late and told again: the list is always what the policy leaves, and no event is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, Final, TypeVar

import pytest
from hypothesis import strategies
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from hub.store.engine import Database
from tests.any_steps import any_steps
from tests.schema.company import NOW
from tests.schema.offering import ANNA, LIST, OFFERING, allow_marketing
from tests.schema.serving import Api, serving
from tests.schema.test_contact_events import event, offered, record

T = TypeVar("T")

RANKED: Final = ("fibre-1000", "tv-complete", "modem-swap")
SUPPRESSED_DAYS: Final = {"REJECTED": 90, "ACCEPTED": 365, "LATER": 14}
"""As the catalogue has it; each of its groups has one proposition."""
SHOWN_AT_MOST, SHOWN_DAYS = 5, 30


class AnyList(RuleBasedStateMachine):
    """What channels report of one customer's offers, in batches that come late and twice."""

    reports = Bundle("reports")
    loop: ClassVar[asyncio.AbstractEventLoop]
    api: ClassVar[Api]
    database: ClassVar[Database]

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[str, str, int]] = []
        """Kind, proposition and how many days ago, once for each event."""
        self.entries = self.run(self._anew())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    async def _anew(self) -> dict[str, str]:
        async with self.database.transaction() as connection:
            await connection.execute(text("DELETE FROM contact_event"))
        return dict(await offered(self.api))

    @rule(
        target=reports,
        kind=strategies.sampled_from(["SHOWN", "SHOWN", "SHOWN", "CLICKED", *SUPPRESSED_DAYS]),
        proposition=strategies.sampled_from(RANKED),
        days=strategies.sampled_from([0, 1, 13, 14, 29, 30, 89, 90, 100]),
        times=strategies.sampled_from([1, 2, 3, 5]),
    )
    def report(self, kind: str, proposition: str, days: int, times: int) -> list[dict[str, object]]:
        at, about = NOW - timedelta(days=days), self.entries[proposition]
        batch = [event(f"{len(self.told)}/{n}", kind, at, nextBestActionId=about) for n in range(times)]
        answer = self.run(record(self.api, *batch))
        assert (answer["recorded"], answer["repeated"], answer["problems"]) == (times, 0, [])
        self.told += [(kind, proposition, days)] * times
        for decision in answer["decisions"]:
            assert [action["proposition"] for action in decision["actions"]] == self.left()
        return batch

    @rule(batch=reports)
    def report_again(self, batch: list[dict[str, object]]) -> None:
        answer = self.run(record(self.api, *batch))
        assert (answer["recorded"], answer["repeated"], answer["decisions"]) == (0, len(batch), [])

    def left(self) -> list[str]:
        """What the policy leaves of everything, best first, worked out from what was told and nothing else."""
        return [proposition for proposition in RANKED if not self._kept_back(proposition)]

    def _kept_back(self, proposition: str) -> bool:
        about = [(kind, days) for kind, name, days in self.told if name == proposition]
        shown = sum(1 for kind, days in about if kind == "SHOWN" and days < SHOWN_DAYS)
        return shown >= SHOWN_AT_MOST or any(days < SUPPRESSED_DAYS.get(kind, 0) for kind, days in about)

    @invariant()
    def the_list_is_what_the_policy_leaves(self) -> None:
        answer = self.run(self.api.ask(LIST, {"id": ANNA, "channel": "web"}))
        assert [action["proposition"] for action in answer.data["nextBestActions"]] == self.left()

    @invariant()
    def no_event_is_lost_or_doubled(self) -> None:
        assert self.run(self._stored()) == len(self.told)

    async def _stored(self) -> int:
        async with self.database.reading() as connection:
            return int(await connection.scalar(text("SELECT count(*) FROM contact_event")) or 0)


@pytest.mark.slow
def test_the_list_adapts_to_any_order_of_outcomes(company: Database, database_url: str, tmp_path: Path) -> None:
    loop, stack = asyncio.new_event_loop(), AsyncExitStack()
    try:
        AnyList.loop = loop
        served = serving(database_url, tmp_path, offering=OFFERING)
        AnyList.api = api = loop.run_until_complete(stack.enter_async_context(served))
        AnyList.database = api.app.state.running.hub.database
        loop.run_until_complete(allow_marketing(AnyList.database))
        run_state_machine_as_test(AnyList, settings=any_steps(10, 10))
    finally:
        loop.run_until_complete(stack.aclose())
        loop.close()
