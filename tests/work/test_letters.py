"""Which rows share a message: those of one kind that is dealt with together, of one queue, so many at most."""

from __future__ import annotations

from hub.work.claim import ReadyRow
from hub.work.relay import ONE_LETTER, letters
from hub.work.tables import Queue

EVENTS = frozenset({"event"})


def row(row_id: int, kind: str = "event", queue: Queue = Queue.REALTIME) -> ReadyRow:
    return ReadyRow(queue, row_id, kind)


def test_rows_of_a_kind_that_is_dealt_with_together_share_a_message_in_their_order() -> None:
    rows = [row(1), row(2, "send"), row(3), row(4, queue=Queue.REPLAY), row(5, "send"), row(6)]
    assert letters(rows, EVENTS) == [
        (Queue.REALTIME, [1, 3, 6]),
        (Queue.REALTIME, [2]),
        (Queue.REPLAY, [4]),
        (Queue.REALTIME, [5]),
    ]


def test_a_message_names_so_many_at_most() -> None:
    sent = letters([row(n) for n in range(ONE_LETTER * 2 + 1)], EVENTS)
    assert [list(ids) for _, ids in sent] == [
        list(range(ONE_LETTER)),
        list(range(ONE_LETTER, ONE_LETTER * 2)),
        [ONE_LETTER * 2],
    ]


def test_without_such_kinds_each_row_has_its_own() -> None:
    assert letters([row(1), row(2)], frozenset()) == [(Queue.REALTIME, [1]), (Queue.REALTIME, [2])]
