"""What it means when an object has no value for a field: silence, or that there is none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Final, TypeAlias

import jmespath
from jmespath.exceptions import JMESPathError

from hub.mapping.document import Blank

HowBlank: TypeAlias = Callable[[object], Blank]

_STEPS: Final = frozenset({"subexpression", "field"})


def how_blank(path: str) -> HowBlank | None:
    """How an object lacks what stands at a chain such as `a.b`; None for any other expression, which cannot tell."""
    try:
        tree = jmespath.compile(path).parsed
    except JMESPathError:
        return None  # told by the field's own rule
    steps: list[str] = []
    pending = [tree]
    while pending:
        node = pending.pop(0)
        if node["type"] not in _STEPS:
            return None
        if node["type"] == "field":
            steps.append(node["value"])
        pending = [*node["children"], *pending]
    return lambda body: _blank(body, steps)


def _blank(body: object, steps: Collection[str]) -> Blank:
    found = body
    for step in steps:
        if found is None:
            return Blank.NIL
        if not isinstance(found, Mapping) or step not in found:
            return Blank.MISSING
        found = found[step]
    return Blank.NIL if found is None else Blank.EMPTY
