"""What was worked out once, for as long as it is asked for and there is room."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeAlias, TypeVar
from weakref import WeakKeyDictionary, ref

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
OwnerT = TypeVar("OwnerT")
_Place: TypeAlias = tuple[ref[OwnerT], Hashable]


class Kept(Generic[K, V]):
    """The values that were asked for last, `at_most` of them and together of no more than `weight_max`.

    `forgotten` is told of each that has to make room.
    """

    def __init__(self, at_most: int, weight_max: int = 0, forgotten: Callable[[V], None] = lambda _: None) -> None:
        self._at_most, self._weight_max, self._forgotten = at_most, weight_max, forgotten
        self._values: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._weight = 0

    def find(self, key: K) -> V | None:
        """What is kept under the key."""
        found = self._values.get(key)
        if found is None:
            return None
        self._values.move_to_end(key)
        return found[0]

    def keep(self, key: K, value: V, weight: int = 0) -> V:
        """Keep it, and forget what nobody has asked for the longest."""
        _, before = self._values.pop(key, (None, 0))
        self._values[key] = value, weight
        self._weight += weight - before
        while len(self._values) > self._at_most or self._weight > self._weight_max:
            _, (gone, lighter) = self._values.popitem(last=False)
            self._weight -= lighter
            self._forgotten(gone)
        return value

    def __len__(self) -> int:
        return len(self._values)


class KeptWith(Generic[OwnerT, V]):
    """Values that belong to something and go with it; bounded over all owners as in `Kept`.

    No value may hold its owner, which would never go then.
    """

    def __init__(self, at_most: int, weight_max: int = 0) -> None:
        self._of: WeakKeyDictionary[OwnerT, dict[Hashable, V]] = WeakKeyDictionary()
        self._places: Kept[_Place[OwnerT], _Place[OwnerT]] = Kept(at_most, weight_max, self._forget)

    def find(self, owner: OwnerT, key: Hashable) -> V | None:
        """What the owner has under the key."""
        found = self._of.get(owner, {}).get(key)
        if found is not None:
            self._places.find((ref(owner), key))
        return found

    def keep(self, owner: OwnerT, key: Hashable, value: V, weight: int = 0) -> V:
        """Keep it for as long as the owner is there and others leave it room."""
        self._of.setdefault(owner, {})[key] = value
        place = (ref(owner), key)
        self._places.keep(place, place, weight)
        return value

    def _forget(self, place: _Place[OwnerT]) -> None:
        owner = place[0]()
        if owner is not None:
            del self._of[owner][place[1]]
