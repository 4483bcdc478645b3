"""The cursor of a pull: for each stream of stamped rows a high-water mark and the place this run has reached.

As JSON: `{"run_start": INSTANT, "stream": N, "streams": {MODEL: {"mark": INSTANT or null, "from": INSTANT or null,
"place": [INSTANT, ID] or null}}}`. `stream` counts the streams that this run has finished; `from` null reads from the
first row; all instants are the source's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hub.errors import Invalid
from hub.ports.keyset import Position, advanced, rewound
from hub.records.source import JsonObject


class _StreamJson(BaseModel):
    model_config = ConfigDict(extra="forbid")

    mark: datetime | None
    start: datetime | None = Field(alias="from")
    place: tuple[datetime, int] | None


class _CursorJson(BaseModel):
    model_config = ConfigDict(extra="forbid")

    run_start: datetime
    stream: int
    streams: dict[str, _StreamJson]


@dataclass(frozen=True, slots=True)
class Stream:
    """One model's rows in (stamp, id) order; `place` is the last row taken, `start` where this run began."""

    mark: datetime | None
    start: datetime | None
    place: Position | None

    @property
    def newest(self) -> datetime | None:
        """The newest stamp this run has seen; None while it has seen no row."""
        if self.place is None or (self.start is not None and self.place <= rewound(self.start, timedelta())):
            return None
        return self.place.stamp

    def walked(self, stamp: datetime, external_id: int) -> bool:
        """Whether a row that now has this stamp was passed by this run."""
        if self.place is None or (self.start is not None and stamp < self.start):
            return False
        return Position(stamp, external_id) <= self.place


@dataclass(frozen=True, slots=True)
class Cursor:
    """`streams` in walking order: the parents' first, so that a new object is read once and not per child."""

    run_start: datetime
    stream: int
    streams: Mapping[str, Stream]

    def placed(self, model: str, place: Position) -> Cursor:
        """Behind one more page of the current stream."""
        return replace(self, streams={**self.streams, model: replace(self.streams[model], place=place)})

    def finished_stream(self, model: str, horizon: timedelta) -> Cursor:
        """The current stream is at its end: its mark advances, and the next stream begins."""
        stream = self.streams[model]
        mark = advanced(stream.mark, stream.newest, self.run_start, horizon)
        return replace(self, stream=self.stream + 1, streams={**self.streams, model: replace(stream, mark=mark)})


def first_cursor(models: tuple[str, ...], before: Cursor | None, run_start: datetime, overlap: timedelta) -> Cursor:
    """A new run over `models`, parents first. A first run reads all parents with their children nested, so the
    children's own streams only have to find what changes while it runs.
    """
    marks = {model: stream.mark for model, stream in before.streams.items()} if before is not None else {}
    parents, *children = models
    since = marks.get(parents)
    streams = {parents: _started(since, since, overlap)}
    for model in children:
        mark = marks.get(model)
        streams[model] = _started(mark, mark or since or run_start, overlap)
    return Cursor(run_start, 0, streams)


def read_cursor(cursor: JsonObject) -> Cursor:
    """Raises Invalid for JSON that no run of this adapter wrote."""
    try:
        stored = _CursorJson.model_validate(cursor)
    except ValidationError as error:
        raise Invalid("this cursor was not written by the Tryton adapter") from error
    streams = {
        model: Stream(stream.mark, stream.start, Position(*stream.place) if stream.place is not None else None)
        for model, stream in stored.streams.items()
    }
    return Cursor(stored.run_start, stored.stream, streams)


def written_cursor(cursor: Cursor) -> JsonObject:
    """The JSON that `read_cursor` reads."""
    return {
        "run_start": cursor.run_start.isoformat(),
        "stream": cursor.stream,
        "streams": {
            model: {
                "mark": stream.mark.isoformat() if stream.mark is not None else None,
                "from": stream.start.isoformat() if stream.start is not None else None,
                "place": [stream.place.stamp.isoformat(), stream.place.external_id] if stream.place else None,
            }
            for model, stream in cursor.streams.items()
        },
    }


def _started(mark: datetime | None, since: datetime | None, overlap: timedelta) -> Stream:
    if since is None:
        return Stream(mark, None, None)
    place = rewound(since, overlap)
    return Stream(mark, place.stamp, place)
