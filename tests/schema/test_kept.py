"""What is worked out for documents is bounded by what it takes, and goes with them."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import count
from typing import Any
from weakref import ref

from graphql import DocumentNode

from hub.access.principal import Role
from hub.entrypoints.asgi.app import HubApplication
from hub.store.engine import Database
from schema.compiled.answer import Answer, CompiledReads
from schema.compiled.documents import LONG_KEPT, LONGEST_KEPT, TEXT_KEPT
from schema.compiled.kept import Kept, KeptWith
from schema.context import Context
from schema.schema import build_schema
from tests.schema.serving import Api

ASK = "{ customers(first: 1) { edges { node { id } } } }"
SENT = 3 * TEXT_KEPT // LONGEST_KEPT


class Owner:
    pass


class Value:
    pass


def long_ones(count: int) -> list[str]:
    """Valid documents, all different, each as long as one may be to be kept."""
    asked = [f"{{ a{n}: customers(first: 1) {{ edges {{ node {{ id }} }} }} }}" for n in range(count)]
    return [each.ljust(LONGEST_KEPT) for each in asked]


def trees() -> int:
    gc.collect()
    return sum(isinstance(each, DocumentNode) for each in gc.get_objects())


def test_what_nobody_asked_for_the_longest_makes_room_for_what_is_heavy() -> None:
    kept: Kept[str, int] = Kept(3, 10)
    for key, weight in [("a", 4), ("b", 4), ("a", 2)]:
        kept.keep(key, weight, weight)
    kept.keep("c", 5, 5)
    assert [kept.find(key) for key in "abc"] == [2, None, 5]
    kept.keep("heavy", 11, 11)
    assert len(kept) == 0


def test_what_belongs_to_something_goes_with_it_and_makes_room_like_the_rest() -> None:
    kept: KeptWith[Owner, Value] = KeptWith(2)
    first, second, value = Owner(), Owner(), Value()
    kept.keep(first, "a", value)
    kept.keep(second, "a", Value())
    assert kept.find(first, "a") is value
    kept.keep(second, "b", Value())
    assert kept.find(second, "a") is None
    gone = ref(value)
    del first, value
    gc.collect()
    assert gone() is None
    kept.keep(second, "c", Value())
    assert kept.find(second, "b") is not None


async def test_no_number_of_valid_documents_keeps_more_trees_than_fit(api: Api, company: Database) -> None:
    before = trees()
    for text in long_ones(SENT):
        assert (await api.ask(text)).codes == []
    assert trees() - before <= TEXT_KEPT // LONGEST_KEPT + 2


async def test_long_documents_are_read_once_and_push_out_only_each_other(api: Api, company: Database) -> None:
    documents = build_schema().documents
    short, *long = (text + " " * n for n, text in enumerate([ASK, *long_ones(3 * LONG_KEPT)]))
    before = trees()
    assert (await api.ask(short)).codes == []
    for text in long:
        assert (await api.ask(text)).codes == []
    assert trees() - before <= LONG_KEPT + 2
    assert documents.find(short) is not None
    assert [documents.find(text) is not None for text in long] == [False] * 2 * LONG_KEPT + [True] * LONG_KEPT
    known = documents.find(long[-1])
    assert (await api.ask(long[-1])).codes == []
    assert documents.find(long[-1]) is known


class Watched(CompiledReads):
    """Notes of each request whether it was left to resolvers."""

    def __init__(self, clock_s: Callable[[], float]) -> None:
        super().__init__(build_schema(), clock_s)
        self.left: list[bool] = []

    async def answer(
        self, context: Context, text: str, variables: Mapping[str, Any] | None, operation_name: str | None
    ) -> Answer:
        """As always."""
        answer = await super().answer(context, text, variables, operation_name)
        self.left.append(answer.result is None)
        return answer


async def test_new_documents_without_end_are_planned_only_for_a_share_of_the_time(api: Api, company: Database) -> None:
    """Each plan takes nine seconds of this clock: resolvers answer the fourth; those of before and others go on."""
    ticks = count(0, 9.0)
    assert isinstance(api.app, HubApplication)
    assert api.app.plain is not None
    reads = Watched(lambda: next(ticks))
    api.app.plain = replace(api.app.plain, reads=reads)
    texts = [f"{{ n{n}: customers(first: 1) {{ edges {{ node {{ id }} }} }} }}" for n in range(4)]
    asked = [*((text, Role.AGENT) for text in texts), (texts[3], Role.SUPERVISOR), (texts[0], Role.AGENT)]
    assert [(await api.ask(text, role=role)).codes for text, role in asked] == [[]] * 6
    assert reads.left == [False, False, False, True, False, False]
