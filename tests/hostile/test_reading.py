"""Documents are read beside the event loop, to the same result, and who sends bad ones is not read for ever."""

from __future__ import annotations

import asyncio
import os
import platform
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

import pytest
from graphql import GraphQLError, parse
from hypothesis import given
from hypothesis import strategies as st

from hub.access.principal import Scope
from hub.entrypoints.asgi.document_child import NICER, Plans, Reads
from hub.entrypoints.asgi.document_reader import DocumentReader
from hub.entrypoints.asgi.short_turns import EVERY_S, are_known
from hub.errors import RateLimited, Transient
from schema.compiled.apart import Apart
from schema.compiled.outline import too_large
from schema.compiled.reading import Fault, Question, Reading, packed, unpacked
from schema.compiled.spending import AT_ONCE_S, SHARE, Spending
from schema.schema import build_schema
from tests.hostile.documents import DOCUMENTS
from tests.schema.serving import TERMS

SCHEMA = build_schema()
READ = SCHEMA.documents.reading
APART = Apart(SCHEMA, TERMS)
GOOD = """query Q($n: Int = 3) { viewer { ...V } customers(first: $n) { edges { node { id name } } } }
fragment V on Viewer { subject }"""


@asynccontextmanager
async def reader(reads: Reads = READ, plans: Plans = APART.plan) -> AsyncIterator[DocumentReader]:
    running = DocumentReader(reads, plans)
    await running.start()
    try:
        yield running
    finally:
        await running.aclose()


async def test_the_other_process_says_what_this_one_would() -> None:
    async with reader() as there:
        for name in ("deep", "deeper", "deepest", "self", "introspection", "costly", "directives"):
            text = DOCUMENTS[name]
            assert await there.read(text, name) == READ(text), name
        assert (await there.read(GOOD, "good")).node == parse(GOOD)
        assert (await there.read("{ viewer { subject \ud800", "odd")).faults == READ("{ viewer { subject \ud800").faults


@pytest.mark.parametrize("release", ["6.11.9", "5.15.0-91-generic", "6.x", "", "24.1.0"])
def test_a_kernel_without_short_turns_is_left_as_it_is(release: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "release", lambda: release)
    monkeypatch.setattr(platform, "system", lambda: "Darwin" if release.startswith("24") else "Linux")
    assert not are_known()


@pytest.mark.skipif(not are_known(), reason="the system's processes do not choose the length of their turns")
async def test_the_other_process_comes_behind_whoever_is_served() -> None:
    def standing(text: str) -> Reading:
        left_s = signal.getitimer(signal.ITIMER_REAL)[0]
        return Reading(None, (Fault(f"{os.sched_getscheduler(0)} {os.nice(0)} {0 < left_s <= EVERY_S}"),))

    async with reader(standing) as there:
        (told,) = (await there.read("how", "a")).faults
        assert told.message == f"{os.SCHED_BATCH} {min(os.nice(0) + NICER, 19)} True"


def test_a_tree_keeps_its_places_on_the_way() -> None:
    node = unpacked(packed(READ(GOOD))).node
    assert node is not None
    fragment = node.definitions[1]
    assert fragment.loc is not None
    assert (fragment.loc.start, fragment.loc.source.body) == (GOOD.index("fragment"), GOOD)
    assert GraphQLError("x", fragment).locations == GraphQLError("x", parse(GOOD).definitions[1]).locations


async def test_a_reader_that_dies_is_replaced_and_who_waited_may_ask_again() -> None:
    def deadly(text: str) -> Reading:
        if text == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        return READ(text)

    async with reader(deadly) as there:
        with pytest.raises(Transient):
            await there.read("die", "a")
        assert await there.read(GOOD, "a") == READ(GOOD)


async def test_who_leaves_while_he_waits_leaves_nothing_behind_for_the_next() -> None:
    async with reader() as there:
        leaving = asyncio.create_task(there.read("{ nothing }", "a"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        assert await there.read(GOOD, "a") == READ(GOOD)


async def test_one_text_that_many_ask_for_at_once_is_read_once() -> None:
    counted = count(1)
    async with reader(lambda _: Reading(None, (Fault(str(next(counted))),))) as there:
        found = await asyncio.gather(*(there.read(GOOD, "a") for _ in range(5)))
        assert [reading.faults[0].message for reading in found] == ["1"] * 5
        assert (await there.read("{ other }", "a")).faults[0].message == "2"


async def test_one_text_that_others_wait_for_is_read_once_for_all_of_them() -> None:
    counted = count(1)
    async with reader(lambda _: Reading(None, (Fault(str(next(counted))),))) as there:
        found = await asyncio.gather(*(there.read(GOOD, f"agent {n}") for n in range(5)))
        assert [reading.faults[0].message for reading in found] == ["1"] * 5


QUESTION = Question(GOOD, "Q", frozenset({Scope.CUSTOMERS_READ}), False, ("n",))


async def test_the_plan_for_who_may_see_less_is_another() -> None:
    async with reader() as there:
        wide, narrow = [
            await there.plan(QUESTION._replace(scopes=scopes), b'{"n": 2}', "a")
            for scopes in (QUESTION.scopes, frozenset[Scope]())
        ]
        assert wide.packed != narrow.packed


async def test_one_plan_that_many_ask_for_at_once_is_made_once_for_all_of_them() -> None:
    counted = count(1)
    async with reader(plans=lambda *_: b"%d" % next(counted)) as there:
        asked = [there.plan(QUESTION, b'{"n": %d}' % n, f"agent {n % 2}") for n in range(6)]
        assert {found.packed for found in await asyncio.gather(*asked)} == {b"1"}
        assert (await there.plan(QUESTION._replace(alone=True), b"{}", "agent 1")).packed == b"2"


async def test_a_plan_that_cannot_be_made_is_none_and_the_next_one_is() -> None:
    def failing(question: Question, variables: bytes) -> bytes:
        if question.alone:
            raise ZeroDivisionError
        return APART.plan(question, variables)

    async with reader(plans=failing) as there:
        assert (await there.plan(QUESTION._replace(alone=True), b"{}", "a")).packed == b""
        assert (await there.plan(QUESTION, b"{}", "a")).packed != b""


async def test_a_plan_that_takes_too_long_is_none() -> None:
    def too_long(question: Question, variables: bytes) -> bytes:
        signal.raise_signal(signal.SIGPROF)
        return APART.plan(question, variables)

    async with reader(plans=too_long) as there:
        assert (await there.plan(QUESTION, b"{}", "a")).packed == b""
        assert await there.read(GOOD, "a") == READ(GOOD)


async def test_who_waits_is_served_by_turns_and_not_behind_all_of_anothers() -> None:
    order: list[str] = []

    async def asking(whose: str, number: int) -> None:
        await there.read(f"{{ a{number} }}", whose)
        order.append(whose)

    async with reader() as there:
        many = [asking("many", number) for number in range(8)]
        await asyncio.gather(*many, asking("one", 0))
    assert order.index("one") <= 2


def test_refused_documents_are_paid_for_with_time() -> None:
    now = 0.0
    owed = Spending(lambda: now, "too many")
    for _ in range(11):
        owed.check("bad")
        owed.charge("bad", AT_ONCE_S / 10)
    with pytest.raises(RateLimited) as refused:
        owed.check("bad")
    assert refused.value.retry_after_s == pytest.approx(AT_ONCE_S / 10 / SHARE)
    owed.check("good")
    now = AT_ONCE_S / 10 / SHARE
    owed.check("bad")


TEXTS = st.lists(st.sampled_from(['"', '"""', "\\", "\n", "{", "}", "(", ")", "#", "a", "1", "...", "$", " ", "é"]))


@given(TEXTS.map("".join))
def test_no_text_is_refused_for_its_tokens_that_has_no_more_than_are_read(text: str) -> None:
    if too_large(text, tokens_max=4) is not None:
        with pytest.raises(GraphQLError):
            parse(text, max_tokens=4)


@given(st.integers(0, 30))
def test_a_text_with_more_tokens_than_are_read_is_refused_for_them(tokens: int) -> None:
    text = "{" + 'a "}" ' * tokens
    assert (too_large(text, tokens_max=20) is not None) is (1 + 2 * tokens > 20)
