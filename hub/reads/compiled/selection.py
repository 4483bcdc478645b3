"""What is selected, as a tree without any syntax: the response key of each value, and where the value comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from hub.reads.paging import Order, Window
from hub.reads.relations import Derived, Relation


@dataclass(frozen=True, slots=True)
class Constant:
    """JSON that is the same in every row, such as the name of a type."""

    json: str


@dataclass(frozen=True, slots=True)
class Value:
    """A field of the row; with `enum` one of these names and nothing else."""

    name: str
    enum: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """A value that is made of the row."""

    derived: Derived
    enum: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GlobalId:
    """The row's id as callers know it."""

    type_name: str
    name: str = "id"


@dataclass(frozen=True, slots=True)
class Many:
    """A list of objects."""

    relation: Relation
    picked: Object


@dataclass(frozen=True, slots=True)
class One:
    """An object, or null where there is no row."""

    relation: Relation
    picked: Object


@dataclass(frozen=True, slots=True)
class Cursor:
    """A row's place in the page's order."""


@dataclass(frozen=True, slots=True)
class Edges:
    """The page's rows, each as an object of cursors and nodes."""

    picked: Mapping[str, Constant | Cursor | Object]


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What a page tells of its place in the list."""

    picked: Mapping[str, Constant | PageFact]


@dataclass(frozen=True, slots=True)
class PageFact:
    """One of `has_next_page`, `has_previous_page`, `start_cursor` and `end_cursor`."""

    name: str


@dataclass(frozen=True, slots=True)
class Total:
    """The length of the whole list."""


@dataclass(frozen=True, slots=True)
class Paged:
    """One window of a list."""

    relation: Relation
    order: Order
    window: Window
    picked: Mapping[str, Constant | Edges | PageFacts | Total]


Selected: TypeAlias = Constant | Value | Made | GlobalId | Many | One | Paged


@dataclass(frozen=True, slots=True)
class Object:
    """An object's values by their response keys, in the order of the answer; `row` is the class its row has."""

    row: type
    picked: Mapping[str, Selected]
