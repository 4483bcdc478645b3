"""A page in portions, where all of it at once would be in the way of others."""

from __future__ import annotations

from hub.flows.incoming import Incoming


class Portions:
    """What is left of a page. Its records may be applied in any number of portions: each is its own truth.

    What was refused goes with the last portion, and so does whatever was read beside the records.
    """

    def __init__(self, page: Incoming) -> None:
        self._page = page
        self._ids = list(dict.fromkeys([*page.contents, *page.tombstones]))
        self._taken = 0
        self._told = 0

    def take(self, records: int | None) -> tuple[Incoming, bool]:
        """The next so many records, or all that are left; and whether it is the last portion."""
        end = len(self._ids) if records is None else min(self._taken + records, len(self._ids))
        ids, self._taken = self._ids[self._taken : end], end
        last = end == len(self._ids)
        read = self._page.read - self._told if last else len(ids)
        self._told += read
        portion = Incoming(
            contents={i: self._page.contents[i] for i in ids if i in self._page.contents},
            tombstones={i: self._page.tombstones[i] for i in ids if i in self._page.tombstones},
            refused=self._page.refused if last else (),
            read=read,
            drifts=self._page.drifts if last else (),
        )
        return portion, last
