"""The cursor of a run over one delivery, as the hub stores it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from adapters.files.manifest import PlainName
from hub.errors import Invalid
from hub.records.source import JsonObject


@dataclass(frozen=True, slots=True)
class Bookmark:
    """`file` counts the delivery's object files, `offset` and `line` stand behind the last row read there.

    `stray` is the number of the last stray child row reported, behind all objects.
    """

    delivery: PlainName
    file: Annotated[int, Field(ge=0)] = 0
    offset: Annotated[int, Field(ge=0)] = 0
    line: Annotated[int, Field(ge=1)] = 1
    stray: Annotated[int, Field(ge=0)] = 0
    complete: bool = False

    def as_cursor(self) -> JsonObject:
        """Plain JSON."""
        return asdict(self)


_BOOKMARK = TypeAdapter(Bookmark)


def bookmark_in(cursor: JsonObject) -> Bookmark:
    """Raises Invalid for a cursor that this adapter did not make."""
    try:
        return _BOOKMARK.validate_python(cursor)
    except ValidationError as error:
        raise Invalid(f"not a cursor of a file delivery: {error.error_count()} mistakes in it") from error
