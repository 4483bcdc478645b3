"""Cursors: what a run starts from, what it stores, and that JSON keeps all of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.tryton.cursor import Cursor, Stream, first_cursor, read_cursor, written_cursor
from hub.errors import Invalid
from hub.ports.keyset import Position

PARENTS, CHILDREN = "party.party", "party.address"
MODELS = (PARENTS, CHILDREN)
START = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

instants = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))
positions = st.builds(Position, instants, st.integers(min_value=-1, max_value=2**31))
streams = st.builds(Stream, st.none() | instants, st.none() | instants, st.none() | positions)
cursors = st.builds(
    Cursor, instants, st.integers(min_value=0, max_value=2), st.fixed_dictionaries(dict.fromkeys(MODELS, streams))
)


@given(cursors)
def test_json_keeps_the_whole_cursor(cursor: Cursor) -> None:
    assert read_cursor(orjson.loads(orjson.dumps(written_cursor(cursor)))) == cursor


def test_a_first_run_reads_all_parents_and_only_fresh_children() -> None:
    cursor = first_cursor(MODELS, None, START, HOUR)

    assert cursor.streams[PARENTS] == Stream(None, None, None)
    assert cursor.streams[CHILDREN] == Stream(None, START - HOUR, Position(START - HOUR, -1))


def test_the_next_run_starts_each_stream_at_its_own_mark_less_the_overlap() -> None:
    marks = {PARENTS: Stream(START - HOUR, None, None), CHILDREN: Stream(START - 2 * HOUR, None, None)}

    cursor = first_cursor(MODELS, Cursor(START - HOUR, 2, marks), START, MINUTE)

    assert cursor.stream == 0
    assert cursor.streams[PARENTS].place == Position(START - HOUR - MINUTE, -1)
    assert cursor.streams[CHILDREN].place == Position(START - 2 * HOUR - MINUTE, -1)


def test_a_child_model_that_is_new_to_the_adapter_starts_at_the_parents_mark() -> None:
    marks = {PARENTS: Stream(START - HOUR, None, None)}

    cursor = first_cursor(MODELS, Cursor(START - HOUR, 1, marks), START, MINUTE)

    assert cursor.streams[CHILDREN] == Stream(None, START - HOUR - MINUTE, Position(START - HOUR - MINUTE, -1))


def test_the_overlap_never_lowers_the_stored_mark() -> None:
    marks = {model: Stream(START - HOUR, None, None) for model in MODELS}
    cursor = first_cursor(MODELS, Cursor(START - HOUR, 2, marks), START, 2 * HOUR)

    after = cursor.placed(PARENTS, Position(START - 2 * HOUR, 7)).finished_stream(PARENTS, MINUTE)

    assert after.streams[PARENTS].mark == START - HOUR


def test_a_finished_stream_is_marked_at_the_newest_row_it_read() -> None:
    cursor = first_cursor(MODELS, None, START, MINUTE)

    after = cursor.placed(PARENTS, Position(START - HOUR, 7)).finished_stream(PARENTS, MINUTE)

    assert (after.stream, after.streams[PARENTS].mark) == (1, START - HOUR)


def test_a_row_newer_than_the_horizon_does_not_move_the_mark_past_it() -> None:
    cursor = first_cursor(MODELS, None, START, MINUTE)

    after = cursor.placed(PARENTS, Position(START, 7)).finished_stream(PARENTS, MINUTE)

    assert after.streams[PARENTS].mark == START - MINUTE


@pytest.mark.parametrize(
    ("stamp", "passed"),
    [(START - 2 * HOUR, False), (START - HOUR, True), (START, True), (START + MINUTE, False)],
)
def test_a_run_has_walked_past_the_rows_between_its_start_and_its_place(stamp: datetime, passed: bool) -> None:
    stream = Stream(START - HOUR, START - HOUR, Position(START, 7))

    assert stream.walked(stamp, 7) is passed


def test_a_run_that_read_nothing_has_walked_past_nothing() -> None:
    stream = Stream(START, START, Position(START, -1))

    assert not stream.walked(START, 1)
    assert stream.newest is None


def test_a_cursor_of_somebody_else_is_invalid() -> None:
    with pytest.raises(Invalid):
        read_cursor({"high_water": None})
