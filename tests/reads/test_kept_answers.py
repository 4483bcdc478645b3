"""The room for answers that still hold."""

from __future__ import annotations

import sys
from uuid import uuid4

from hub.reads.compiled.kept_answers import A_CUSTOMER, LASTING_S, OVERHEAD, SHARE, KeptAnswers

ANSWER = b"{}"
SHOWN = frozenset({uuid4()})


def weight(key: object, state: str, answer: bytes) -> int:
    return len(answer) + OVERHEAD + sys.getsizeof(key) + len(state) + A_CUSTOMER


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_answer_holds_for_its_own_state_alone() -> None:
    answers = KeptAnswers(1_000_000)
    answers.keep("key", "anna:1", ANSWER, SHOWN)
    kept = answers.find("key")
    assert kept is not None
    assert (kept.answer, kept.shown) == (ANSWER, SHOWN)
    assert answers.holds(kept, "anna:1")
    assert not answers.holds(kept, "anna:1,2")
    assert not answers.holds(kept, None)


def test_the_newest_answer_takes_the_place_of_the_one_before() -> None:
    answers = KeptAnswers(1_000_000)
    answers.keep("key", "anna:1", ANSWER, SHOWN)
    answers.keep("key", "anna:2", b"[]", SHOWN)
    kept = answers.find("key")
    assert kept is not None
    assert (kept.state, kept.answer) == ("anna:2", b"[]")


def test_no_answer_lasts_however_often_it_is_asked_for() -> None:
    seconds = Seconds()
    answers = KeptAnswers(1_000_000, seconds)
    answers.keep("old", "anna:1", ANSWER, SHOWN)
    kept = answers.find("old")
    assert kept is not None
    seconds.now = LASTING_S
    assert not answers.holds(kept, "anna:1")
    answers.keep("new", "ben:1", ANSWER, SHOWN)
    assert answers.find("old") is None
    assert answers.find("new") is not None


def test_the_oldest_make_room() -> None:
    size = 10_000
    answers = KeptAnswers(SHARE * weight(1, "state", bytes(size)))
    for number in range(1, SHARE + 4):
        answers.keep(number, "state", bytes(size), SHOWN)
    there = [number for number in range(1, SHARE + 4) if answers.find(number) is not None]
    assert there == list(range(4, SHARE + 4))


def test_an_answer_that_would_fill_the_room_is_not_kept_and_ends_the_one_before() -> None:
    answers = KeptAnswers(SHARE * weight("key", "anna:1", bytes(100)))
    answers.keep("key", "anna:1", bytes(100), SHOWN)
    answers.keep("key", "anna:2", bytes(101), SHOWN)
    assert answers.find("key") is None


def test_without_room_nothing_is_kept() -> None:
    answers = KeptAnswers(0)
    answers.keep("key", "anna:1", ANSWER, SHOWN)
    assert answers.find("key") is None


def test_nothing_is_left_after_a_new_connection() -> None:
    answers = KeptAnswers(1_000_000)
    answers.keep("key", "anna:1", ANSWER, SHOWN)
    answers.clear()
    assert answers.find("key") is None


def test_what_is_asked_with_counts_as_well() -> None:
    answers = KeptAnswers(1_000_000)
    for number in range(100):
        answers.keep((b"digest", ("%", f"{number}" + "x" * 20_000)), "", ANSWER, ())
    there = [number for number in range(100) if answers.find((b"digest", ("%", f"{number}" + "x" * 20_000)))]
    assert there == list(range(100 - len(there), 100))
    assert 40 < len(there) < 50
    answers.keep((b"digest", ("%", "x" * 100_000)), "", ANSWER, ())
    assert answers.find((b"digest", ("%", "x" * 100_000))) is None
