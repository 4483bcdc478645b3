"""The schema as text, for clients' code generators, gateways, and the check that no change goes unseen."""

from __future__ import annotations

from schema.schema import build_schema
from schema.subgraph import as_subgraph


def export_sdl() -> str:
    """The SDL, ending with a newline."""
    return build_schema().as_str().rstrip() + "\n"


def export_subgraph() -> str:
    """The SDL of a subgraph of Apollo Federation 2, ending with a newline."""
    return as_subgraph(export_sdl())
