"""What the text of a document says of its size before anything is made of it; far cheaper than reading it."""

from __future__ import annotations

import re
from typing import Final

from schema.limits import TOKENS_MAX

NESTED_MAX: Final = 200
"""Brackets within brackets: several times what DEPTH_MAX levels with all their arguments come to."""

_TOKENS: Final = re.compile(
    r'"""(?>[^"\\]|\\(?:""")?|"(?!""))*+"""'
    r'|"(?>[^"\\\r\n]|\\.)*+"'
    r"|\#[^\r\n]*+"
    r"|[_A-Za-z][_0-9A-Za-z]*+"
    r"|-?[0-9][0-9.eE+-]*+"
    r"|\.\.\.|[!$&():=@\[\]{|}]"
)
"""GraphQL, section 2.1; whatever is no token at all is passed over, and refused by who reads it."""


def too_large(text: str, tokens_max: int = TOKENS_MAX) -> str | None:
    """What is wrong with the size of a document; None where reading it will tell."""
    tokens = depth = 0
    for token in _TOKENS.finditer(text):
        first = text[token.start()]
        if first == "#":
            continue
        tokens += 1
        if tokens > tokens_max:
            return f"Syntax Error: Document contains more than {tokens_max} tokens. Parsing aborted."
        if first in "{([":
            depth += 1
            if depth > NESTED_MAX:
                return "the document is nested too deeply"
        elif first in "})]":
            depth -= 1
    return None
