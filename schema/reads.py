"""How fields are read when a whole selection becomes one statement; declared where the field's resolver is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias, runtime_checkable

from sqlalchemy import ColumnElement, Select
from sqlalchemy.types import TypeEngine

from hub.access.principal import Scope
from hub.customers.recognise import Rules
from hub.reads.paging import Order
from hub.reads.parts import Conditions, Part
from hub.reads.reach import Reach
from hub.reads.relations import Relation, all_of
from hub.settings.find_channels import Outbound

READS: Final = "reads"
"""The key under which a strawberry field's metadata has a Relation, Guarded, Derived, or what is declared here."""

Arguments: TypeAlias = Mapping[str, Any]  # Any: the field's own arguments, as its resolver would get them

Slot: TypeAlias = Callable[[str, TypeEngine[Any]], ColumnElement[Any]]
"""The place of a value of each request in a statement, by a name that the field chooses."""


@dataclass(frozen=True, slots=True)
class ReadTerms:
    """What turns arguments into values, and what the configuration answers by itself.

    The region of phone numbers without a country, the longest page, and the channels that carry leads out.
    """

    region: str
    page_size_max: int
    rules: Rules
    outbound: Outbound


@dataclass(frozen=True, slots=True)
class Pages:
    """Pages of a customer's own parts; `conditions` from the field's further arguments."""

    part: Part[Any]
    conditions: Callable[[Arguments], Conditions] = lambda _: ()

    def relation(self, arguments: Arguments) -> Relation:
        """The whole list that the pages are cut from."""
        return all_of(self.part, self.conditions(arguments))


@dataclass(frozen=True, slots=True)
class Configured:
    """A field that has the same value in every row, as the configuration says."""

    tell: Callable[[ReadTerms], str]


@runtime_checkable
class Argued(Protocol):
    """A field with arguments that answers an object beside a row, or a list of them."""

    def relation(self, arguments: Arguments, slot: Slot) -> Relation:
        """For arguments of this shape."""

    def values(self, arguments: Arguments, terms: ReadTerms) -> Mapping[str, object]:
        """The values of its slots."""


@dataclass(frozen=True, slots=True)
class Found:
    """Rows that a root field answers with: of which class, and in which column the customer who is shown, if any.

    A field of an interface says which `type_name` the object has and what scope that asks for.
    """

    row: type
    shown: str | None
    statement: Select[Any]
    type_name: str | None = None
    scope: Scope | None = None
    through: Relation | None = None
    """What shows the customer, where the row itself does not: a selection without it is for the resolver."""


@runtime_checkable
class RootRow(Protocol):
    """A root field that answers one object.

    None or several rows, like arguments that cannot be used, are for the resolver, which knows what to say.
    """

    def find(self, arguments: Arguments, reach: Reach, slot: Slot) -> Found | None:
        """The statement for arguments of this shape; None for the resolver's."""

    def values(self, arguments: Arguments, terms: ReadTerms) -> Mapping[str, object]:
        """The values of its slots; HubError for arguments that the resolver will refuse."""


@runtime_checkable
class RootPage(Protocol):
    """A root field that answers a page of a list, by the arguments of a connection and others."""

    def order(self, arguments: Arguments) -> Order:
        """The order that is asked for."""

    def find(self, arguments: Arguments, reach: Reach, slot: Slot) -> Found | None:
        """The whole list for arguments of this shape; None for the resolver's."""

    def values(self, arguments: Arguments, terms: ReadTerms) -> Mapping[str, object]:
        """The values of its slots."""


@runtime_checkable
class RootList(Protocol):
    """A root field that answers an object for each of a list's elements, null where there is none."""

    def find_each(self, arguments: Arguments, reach: Reach, slot: Slot) -> Sequence[Found] | None:
        """Of each type of objects a row for each element in their order, of nulls where there is no object.

        Its `place` is the element's in the whole list. None is for the resolver.
        """

    def values_of_each(self, arguments: Arguments, terms: ReadTerms) -> Mapping[str, object]:
        """The values of its slots; HubError or ValueError for arguments that the resolver will refuse."""


class OfScopes:
    """A field that tells the scopes of the caller, which are the same wherever its plan is used."""


RootRead: TypeAlias = RootRow | RootPage | RootList
