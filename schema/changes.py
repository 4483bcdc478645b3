"""What changed between two schemas, as those read it who wrote clients against the older one."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from graphql import build_schema
from graphql.utilities import BreakingChange, DangerousChange, SchemaChange, find_schema_changes

RELEASED: Final = Path(__file__).with_name("released.graphql")
ACCEPTED: Final = Path(__file__).with_name("accepted_changes.json")

_FIELD: Final = re.compile(r"\b_*[A-Z]\w*\.\w+")
_TYPE: Final = re.compile(r"\b(?!(?:An?|The|Enum|Field|Input|Argument|Standard|Directive)\b)_*[A-Z]\w*")


class Effect(StrEnum):
    """What a change does to a client that was written before it."""

    BREAKING = "breaking"
    """A document that was valid is not any more, or its answer has another type."""
    DANGEROUS = "dangerous"
    """Documents stay valid; a client that knows all values of an enum or all members of a union meets a new one."""
    SAFE = "safe"


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """`place` is `Type` or `Type.field`, `words` say what happened there, `reason` why a breaking one was accepted."""

    place: str
    effect: Effect
    words: str
    reason: str | None = None


def changes(old: str, new: str, accepted: dict[str, str] | None = None) -> Sequence[Change]:
    """From one SDL to another, by their places; descriptions that only read better are left out."""
    reasons = accepted or {}
    found = find_schema_changes(build_schema(old), build_schema(new))
    told = [_change(each, reasons) for each in found if "DESCRIPTION" not in each.type.name]
    return sorted(told, key=lambda change: (change.place, change.effect, change.words))


def accepted_changes() -> dict[str, str]:
    """Why each breaking change since the release was accepted, by its place; the file that the build compares with."""
    entries: list[dict[str, str]] = json.loads(ACCEPTED.read_text(encoding="utf-8"))
    return {entry["path"]: entry["reason"] for entry in entries}


def written(found: Sequence[Change]) -> str:
    """The changes as Markdown: what breaks first, then what to look at, then what was added."""
    parts = []
    for effect, title in (
        (Effect.BREAKING, "Breaking"),
        (Effect.DANGEROUS, "To look at: new values and members"),
        (Effect.SAFE, "Added"),
    ):
        lines = [f"- {each.words}{f' {each.reason}' if each.reason else ''}" for each in found if each.effect is effect]
        parts.append(f"### {title}\n\n" + ("\n".join(lines) if lines else "Nothing.") + "\n")
    return "\n".join(parts)


def _change(change: SchemaChange, reasons: dict[str, str]) -> Change:
    match = _FIELD.search(change.description) or _TYPE.search(change.description)
    place = match.group() if match else ""
    effect = Effect.SAFE
    if isinstance(change, BreakingChange):
        effect = Effect.BREAKING
    elif isinstance(change, DangerousChange):
        effect = Effect.DANGEROUS
    return Change(place, effect, change.description, reasons.get(place) if effect is Effect.BREAKING else None)
