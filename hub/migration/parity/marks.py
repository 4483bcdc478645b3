"""What makes two canonical documents the same: all of them, or all but the paths that are not compared."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import Invalid
from hub.records.source import JsonValue
from hub.store.sets import run_set

Document: TypeAlias = Mapping[str, JsonValue]


@dataclass(frozen=True)
class Marks:
    """How documents are told apart. `fields` are left out whole; `children` maps a list to fields of its elements.

    A list from which something is left out is compared as a set: its order came from the elements' ids, which may be
    just what is left out.
    """

    fields: tuple[str, ...] = ()
    children: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """True when nothing is left out: the stored digest then says all."""
        return not self.fields and not self.children

    def sql(self, digest: str, document: str) -> str:
        """The mark of what has this digest and document; binds are `binds`."""
        if self.whole:
            return digest
        pruned = f"({document} - CAST(:left_out AS text[]))"
        for number in range(len(self.children)):
            name = f"CAST(:list_{number} AS text)"
            elements = f"""(SELECT coalesce(jsonb_agg(e.pruned ORDER BY e.pruned), '[]') FROM (
              SELECT element - CAST(:left_out_{number} AS text[]) AS pruned
              FROM jsonb_array_elements({document} -> {name}) AS element) e)"""  # noqa: S608  bind names of ours
            pruned = f"jsonb_set({pruned}, ARRAY[{name}], {elements}, false)"
        return f"sha256(convert_to({pruned}::text, 'UTF8'))"

    @property
    def binds(self) -> dict[str, object]:
        """Values for `sql`: names of fields come from hub.yaml and so are never part of the statement."""
        if self.whole:
            return {}
        binds: dict[str, object] = {"left_out": list(self.fields)}
        for number, (name, fields) in enumerate(self.children.items()):
            binds |= {f"list_{number}": name, f"left_out_{number}": list(fields)}
        return binds

    def differing(self, one: Document, other: Document) -> tuple[str, ...]:
        """Paths of what differs, without values and without ids: `name`, `contact_media/value`."""
        paths: set[str] = set()
        for name in (one.keys() | other.keys()) - set(self.fields):
            ours, theirs = one.get(name), other.get(name)
            left_out = self.children.get(name, ())
            mine, yours = _elements(ours, left_out), _elements(theirs, left_out)
            if mine is None or yours is None:
                if ours != theirs:
                    paths.add(name)
                continue
            if mine.keys() != yours.keys():
                paths.add(name)
            for key in mine.keys() & yours.keys():
                a, b = mine[key], yours[key]
                paths |= {f"{name}/{child}" for child in a.keys() | b.keys() if a.get(child) != b.get(child)}
        return tuple(sorted(paths))


def marks_without(ignore: Collection[str]) -> Marks:
    """Leave out fields (`language`) and fields of a list's elements (`contact_media/external_id`, a dot will do)."""
    fields: list[str] = []
    children: dict[str, list[str]] = {}
    for written in sorted(ignore):
        match written.replace("/", ".").split("."):
            case [name]:
                fields.append(name)
            case [name, child]:
                children.setdefault(name, []).append(child)
            case _:
                raise Invalid(
                    f"{written!r} cannot be left out of a comparison: write a field, or list/field", ["ignore"]
                )
    return Marks(tuple(fields), {name: tuple(names) for name, names in children.items() if name not in fields})


async def marks_of(connection: AsyncConnection, documents: Mapping[str, bytes], marks: Marks) -> Mapping[str, bytes]:
    """Of canonical documents outside the tables. What is left out the database leaves out, for its text form counts."""
    if marks.whole or not documents:
        return {name: hashlib.sha256(document).digest() for name, document in documents.items()}
    rows = [{"name": name, "document": orjson.Fragment(document)} for name, document in documents.items()]
    statement = f"""SELECT r.name, {marks.sql("''::bytea", "r.document")} AS mark
        FROM json_to_recordset(CAST(:rows AS json)) AS r(name text, document jsonb)"""  # noqa: S608  names of ours
    return {row.name: row.mark for row in await run_set(connection, statement, rows, **marks.binds)}


def _elements(value: JsonValue, left_out: Collection[str]) -> dict[str, Document] | None:
    """A list's elements by what identifies each, none for a missing list; None for what is no list of objects."""
    if value is None:
        return {}
    if not isinstance(value, list | tuple):
        return None
    found: dict[str, Document] = {}
    for element in value:
        if not isinstance(element, Mapping):
            return None
        pruned = {name: item for name, item in element.items() if name not in left_out}
        found[str(pruned.get("external_id", sorted(pruned.items(), key=str)))] = pruned
    return found
