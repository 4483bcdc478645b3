"""The room for answers that still hold."""

from __future__ import annotations

from uuid import uuid4

from hub.reads.compiled.kept_answers import LASTING_S, OVERHEAD, SHARE, KeptAnswers

ANSWER = b"{}"
SHOWN = frozenset({uuid4()})


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
    answers = KeptAnswers(SHARE * (size + OVERHEAD))
    for number in range(SHARE + 3):
        answers.keep(number, "state", bytes(size), SHOWN)
    there = [number for number in range(SHARE + 3) if answers.find(number) is not None]
    assert there == list(range(3, SHARE + 3))


def test_an_answer_that_would_fill_the_room_is_not_kept_and_ends_the_one_before() -> None:
    answers = KeptAnswers(SHARE * (100 + OVERHEAD))
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
