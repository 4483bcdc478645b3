"""Paths of a contract: `lang.code` is a field of a field, `lines[].id` a field of each element of a list.

A name with other characters than letters, digits, `_`, `-`, `$` and `@` stands in double quotes, as in JMESPath.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Final

from hub.errors import Invalid

EACH: Final = "[]"
"""The step into the elements of a list; no field's name, since a name with brackets is quoted."""

_NAME: Final = r'(?:"(?:[^"\\]|\\.)*"|[\w$@-]+)(?:\[\])*'
_PATH: Final = re.compile(rf"{_NAME}(?:\.{_NAME})*")
_STEP: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\w$@-]+|\[\]')
_PLAIN: Final = re.compile(r"[\w$@-]+")

# What a report may repeat: a name as programs have it. Anything else may be a customer's data used as a key.
_SHOWN: Final = re.compile(r"(?=\D*(\d\D*){0,4}$)[A-Za-z_$][\w$-]{0,63}$", re.ASCII)
HIDDEN: Final = "*"


def parse_path(text: str) -> tuple[str, ...]:
    """The steps of a path; Invalid when it is none."""
    if not _PATH.fullmatch(text):
        raise Invalid(f"{text!r} is no path of a contract")
    try:
        return tuple(json.loads(step) if step.startswith('"') else step for step in _STEP.findall(text))
    except ValueError:
        raise Invalid(f"{text!r} is no path of a contract") from None


def written_path(steps: Sequence[str]) -> str:
    """The inverse of `parse_path`, as long as no field is called `[]`."""
    path = ""
    for step in steps:
        if step == EACH:
            path += EACH
        else:
            name = step if _PLAIN.fullmatch(step) else json.dumps(step)
            path += f".{name}" if path else name
    return path


def shown_name(name: str) -> str:
    """The name of a field that nobody agreed on, as a report may show it."""
    return name if _SHOWN.match(name) else HIDDEN
