"""A compiled mapping at work: one body in, one canonical record out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from pydantic import ValidationError

from hub.errors import Invalid, Unmapped
from hub.mapping.contract.contract import Contract
from hub.mapping.expressions import Select, holds
from hub.mapping.unfit import Unfit
from hub.records.customer import Canonical
from hub.records.identity import Entity
from hub.records.source import JsonObject

Read: TypeAlias = Callable[[object], object]


@dataclass(frozen=True)
class ObjectReader:
    """The single values of an object. What the source leaves blank is left out, so that the record's default holds."""

    reads: Sequence[tuple[str, Read]]
    blanks: Mapping[str, Callable[[object], bool]] = field(default_factory=dict)

    def known_blank(self, body: object, values: Mapping[str, object]) -> list[str]:
        """The fields without a value of which the object says that there is none; `values` are what it gave."""
        return [name for name, says_none in self.blanks.items() if name not in values and says_none(body)]

    def values(self, body: object) -> dict[str, object]:
        """Canonical values by field name; raises Unfit."""
        values: dict[str, object] = {}
        for name, read in self.reads:
            try:
                value = read(body)
            except Unfit as unfit:
                raise unfit.within(name) from None
            if value is not None:
                values[name] = value
        return values


@dataclass(frozen=True)
class ListReader:
    """The child records of one list, in the package's order; `identity` are the fields that tell them apart."""

    model: type[Canonical]
    select: Select
    where: Select | None
    element: ObjectReader
    identity: Sequence[str]

    def children(self, body: object) -> list[Canonical]:
        """Validated children; raises Unfit with the element's place in the *source's* list."""
        found = self.select(body)
        if found is None:
            return []
        if not isinstance(found, list):
            raise Unfit("must be a list")
        children: dict[tuple[str, ...], Canonical] = {}
        for index, element in enumerate(found):
            try:
                if self.where is not None and not holds(self.where(element)):
                    continue
                child = _validated(self.model, self.element.values(element))
                key = tuple(str(getattr(child, name)) for name in self.identity)
                if key in children:
                    raise Unfit("has the id of an earlier element")
            except Unfit as unfit:
                raise unfit.within(str(index)) from None
            children[key] = child
        return list(children.values())


@dataclass(frozen=True)
class RecordMapping:
    """A mapping ready to run; `version` is the declared version and a digest of the document's content.

    `contract` is what the objects were agreed to look like before they are mapped, None where nothing was.
    `originals_of` names the system whose objects these are, where they are kept beside what becomes of them.
    """

    entity: Entity
    version: str
    model: type[Canonical]
    fields: ObjectReader = field(repr=False)
    lists: Sequence[tuple[str, ListReader]] = field(repr=False)
    contract: Contract | None = None
    originals_of: str | None = None

    def record_of(self, body: JsonObject) -> Canonical:
        """The canonical record of one object's body.

        Raises Unmapped for a value that a table does not know and Invalid for everything else that does not fit.
        Both name the path and the rule and never the value, except a short code that a table lacks.
        """
        try:
            values = self.fields.values(body)
            if self.fields.blanks and (blank := self.fields.known_blank(body, values)):
                values["known_blank"] = blank
            for name, reader in self.lists:
                try:
                    values[name] = reader.children(body)
                except Unfit as unfit:
                    raise unfit.within(name) from None
            return _validated(self.model, values)
        except Unfit as unfit:
            kind = Unmapped if unfit.unmapped else Invalid
            place = ".".join((self.entity.value, *unfit.path))
            raise kind(f"{place}: {unfit.rule}", unfit.path) from None

    def owner_of(self, body: JsonObject) -> str | None:
        """Whose the object is: his id in the same system, also of an object that does not fit; None where it is none's.

        A customer owns himself and has none.
        """
        read = dict(self.fields.reads).get("customer")
        try:
            owner = None if read is None or self.entity is Entity.CUSTOMER else read(body)
        except Unfit:
            return None
        return owner if isinstance(owner, str) and owner else None


def _validated(model: type[Canonical], values: Mapping[str, object]) -> Canonical:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        rule = "is required" if first["type"] == "missing" else first["msg"].replace("Input should be", "must be")
        raise Unfit(rule, path=tuple(str(step) for step in first["loc"])) from None
