"""The arithmetic of marks: what it promises for every mark, stamp, overlap and horizon."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.ports.keyset import Position, advanced, rewound

instants = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))
spans = st.timedeltas(min_value=timedelta(), max_value=timedelta(days=30))
ids = st.integers(min_value=0, max_value=2**31)


@given(instants, spans, instants, ids)
def test_a_rewound_run_reads_every_row_stamped_within_the_overlap(
    mark: datetime, overlap: timedelta, stamp: datetime, external_id: int
) -> None:
    assert (Position(stamp, external_id) > rewound(mark, overlap)) == (stamp >= mark - overlap)


@given(instants, ids, ids)
def test_rows_of_one_transaction_are_told_apart_by_their_id(stamp: datetime, one: int, other: int) -> None:
    assert (Position(stamp, one) < Position(stamp, other)) == (one < other)


@given(st.none() | instants, st.none() | instants, instants, spans)
def test_a_mark_never_moves_back(
    mark: datetime | None, newest: datetime | None, run_start: datetime, horizon: timedelta
) -> None:
    after = advanced(mark, newest, run_start, horizon)

    assert mark is None or after >= mark


@given(st.none() | instants, instants, spans)
def test_a_first_mark_stays_behind_the_horizon(
    newest: datetime | None, run_start: datetime, horizon: timedelta
) -> None:
    assert advanced(None, newest, run_start, horizon) <= run_start - horizon


@given(instants, instants, instants, spans)
def test_a_mark_passes_no_stamp_that_was_not_seen(
    mark: datetime, newest: datetime, run_start: datetime, horizon: timedelta
) -> None:
    assert advanced(mark, newest, run_start, horizon) <= max(mark, newest)


@given(st.lists(st.tuples(instants, ids), unique=True, min_size=1), st.integers(min_value=1, max_value=7))
def test_pages_over_equal_stamps_give_every_row_once(rows: list[tuple[datetime, int]], limit: int) -> None:
    positions = sorted(Position(*row) for row in rows)
    place, read = rewound(positions[0].stamp, timedelta()), list[Position]()

    while page := [position for position in positions if position > place][:limit]:
        read += page
        place = page[-1]

    assert read == positions
