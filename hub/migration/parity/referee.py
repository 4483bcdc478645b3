"""The source as referee: neither lane is the truth, the object at its source is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from hub.flows.engine_room import EngineRoom
from hub.flows.incoming import understand
from hub.flows.lane import LaneContext
from hub.flows.take_in import READ_AT_ONCE, reader_of
from hub.migration.parity.differences import Held, Unequal
from hub.migration.parity.marks import Marks, marks_of
from hub.records.identity import ExternalId
from hub.records.migration import Verdict

REFEREED_MAX: Final = 10_000
"""Objects that one comparison reads at the source; a candidate that is all wrong must not cost a call per object."""

STAMPS_APART: Final = timedelta(minutes=1)
"""How much later than the object's own stamp that of an event may be which tells of the same change."""


class Referee:
    """Reads differing objects by id, in batches, outside any transaction.

    `left` is how many more it will read to judge them, `alleged_left` to see whether the source changed them at all.
    """

    def __init__(self, room: EngineRoom, lanes: Sequence[LaneContext], marks: Marks) -> None:
        self._room = room
        self._marks = marks
        self._lane = lanes[0]
        self._reader = next((reader for lane in lanes if (reader := reader_of(room, lane)) is not None), None)
        self.left = REFEREED_MAX
        self.alleged_left = REFEREED_MAX

    async def refuted(self, unequal: Sequence[Unequal], since: datetime) -> Mapping[str, Held | None]:
        """What the source holds of those whose lateness only the candidate alleges, and untruly; `since`: the window's.

        They cost no read that the others need. None for one that nobody was asked about, beyond the limit or because
        nobody can be: the candidate's own history speaks against it.
        """
        alleged = {one.external_id: one for one in unequal if one.alleged}
        asked = list(alleged)[: self.alleged_left] if self._reader is not None else []
        left, self.left = self.left, self.alleged_left
        found = await self.read(asked)
        self.left, self.alleged_left = left, self.left
        refuted: dict[str, Held | None] = {i: now for i, now in found.items() if is_refuted(alleged[i], now, since)}
        unasked = alleged.keys() - set(asked)
        return refuted | dict.fromkeys(i for i in sorted(unasked) if contradicts_itself(alleged[i]))

    async def read(self, ids: Sequence[str]) -> Mapping[str, Held]:
        """What the source holds now. Left out are objects beyond the limit or that do not fit the mapping.

        Raises Transient when the source cannot be reached: the whole comparison is then repeated.
        """
        if self._reader is None:
            return {}
        wanted = [ExternalId(external_id) for external_id in ids[: self.left]]
        self.left -= len(wanted)
        found: dict[str, Held] = {}
        for start in range(0, len(wanted), READ_AT_ONCE):
            found |= await self._read(self._reader, wanted[start : start + READ_AT_ONCE])
        return found

    async def _read(self, reader: str, ids: Sequence[ExternalId]) -> Mapping[str, Held]:
        objects = await self._room.systems.port(reader).read(self._lane.entity, ids)
        incoming = understand(objects, (), self._room.mapping(reader, self._lane.entity))
        found = {
            i: Held(known=True, mark=None, as_of=at, stamp=None, fingerprint=None)
            for i, at in incoming.tombstones.items()
        }
        documents = {i: content.document for i, content in incoming.contents.items()}
        async with self._room.database.reading() as connection:
            marks = await marks_of(connection, documents, self._marks)
        for external_id, content in incoming.contents.items():
            mark = marks[external_id]
            found[external_id] = Held(
                known=True, mark=mark, as_of=content.as_of, stamp=content.stamp, fingerprint=content.fingerprint
            )
        return found


def is_refuted(alleged: Unequal, now: Held, since: datetime) -> bool:
    """Whether the source last changed the object before the window, though the candidate tells of a later change.

    A change that the candidate found only by reading, behind the window, has a later time as well, and says no less of
    it by now than the source. One that flaps does, or has given out a stamp that the source never did. A source that
    gives no stamp, or has the object no more, has not changed it where it says what the incumbent said.
    """
    incumbent = alleged.incumbent
    if now.mark is None or now.stamp is None:
        return incumbent.known and now.mark == incumbent.mark and alleged.present != now.mark
    if now.stamp >= since:
        return False
    invented = alleged.told is not None and alleged.told > now.stamp + STAMPS_APART
    return invented or alleged.present != now.mark


def contradicts_itself(alleged: Unequal) -> bool:
    """Whether the candidate's later change does not explain the difference, by the candidate's own history.

    What the incumbent read inside the window the candidate must have held at some moment of it, or have come to by now.
    """
    return not alleged.inside and alleged.present != alleged.incumbent.mark


def verdict_of(unequal: Unequal, now: Held | None, until: datetime) -> Verdict:
    """What the source says of the difference; `now` None: it could not be asked.

    A version newer than the window proves nothing about it. When an object is gone nobody knows since when: it speaks
    only against a side that lacks, or has, what the other and the source agree on.
    """
    if now is None:
        return Verdict.UNREFEREED
    incumbent, candidate = unequal.incumbent, unequal.candidate
    if now.mark is None:
        if incumbent.mark is None:
            return Verdict.CANDIDATE_WRONG
        return Verdict.INCUMBENT_WRONG if candidate.mark is None and candidate.known else Verdict.MOVED
    if now.stamp is not None and now.stamp > until:
        return Verdict.MOVED
    if now.mark == candidate.mark:
        return Verdict.INCUMBENT_WRONG
    return Verdict.CANDIDATE_WRONG if now.mark == incumbent.mark else Verdict.BOTH_STALE
