"""The people who work in Tryton, by its own API, while the hub migrates behind their backs."""

from __future__ import annotations

from itertools import count
from random import Random
from typing import cast

from examples.demo.tryton.rpc import TrytonRpc, create_children


class Clerks:
    """They make, change and delete parties and ways to reach them; the same seed does the same."""

    def __init__(self, rpc: TrytonRpc, seed: int = 8) -> None:
        self._rpc = rpc
        self._random = Random(seed)
        self._numbers = count(1)
        self.parties: list[int] = []
        self.others = rpc.search("party.party", [])
        """Who was there before: the company and its employee."""

    def hire(self, amount: int) -> None:
        """New customers, each with an e-mail address and a phone number of its own."""
        rows = []
        for _ in range(amount):
            number = next(self._numbers)
            media = create_children(
                {"type": "email", "value": f"c{number}@example.org"}, {"type": "other", "value": f"locker {number}"}
            )
            address = create_children({"street_unstructured": f"Kade {number}", "city": "Delft"})
            rows.append({"name": f"Customer {number}", "contact_mechanisms": media, "addresses": address})
        self.parties += self._rpc.create("party.party", rows)

    def a_day(self) -> None:
        """Two come, one goes, others move on: names, new and changed and dropped ways to reach them."""
        chosen = self._random.sample(self.parties, 12)
        for party in chosen[:3]:
            self._rpc.write("party.party", [party], {"name": f"Renamed {next(self._numbers)}"})
        for party in chosen[3:6]:
            medium = self._media(party)[0]
            self._rpc.write("party.contact_mechanism", [medium], {"value": f"n{next(self._numbers)}@example.org"})
        for party in chosen[6:8]:
            value = f"x{next(self._numbers)}@example.org"
            self._rpc.create("party.contact_mechanism", [{"party": party, "type": "email", "value": value}])
        for party in chosen[8:10]:
            if len(media := self._media(party)) > 1:
                self._rpc.delete("party.contact_mechanism", [media[-1]])
        self._rpc.delete("party.party", [chosen[10]])
        self.parties.remove(chosen[10])
        self.hire(2)

    def rename_one(self) -> None:
        """Whoever comes first."""
        self._rpc.write("party.party", [self._random.choice(self.parties)], {"name": f"Renamed {next(self._numbers)}"})

    def _media(self, party: int) -> list[int]:
        found = self._rpc.search_read("party.contact_mechanism", [["party", "=", party]], ["value"])
        return [cast(int, row["id"]) for row in found]
