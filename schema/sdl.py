"""The schema as text, for clients' code generators and for the check that no change goes unseen."""

from __future__ import annotations

from schema.schema import build_schema


def export_sdl() -> str:
    """The SDL, ending with a newline."""
    return build_schema().as_str().rstrip() + "\n"
