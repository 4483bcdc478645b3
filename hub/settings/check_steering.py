"""What `steering:` names is there."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from hub.errors import Finding
from hub.yaml.nearest import choices
from hub.yaml.nodes import Node


def check_steering(root: Node, channels: Collection[str]) -> Iterator[Finding]:
    """A finding for each channel that the company does not have."""
    steering = root.child("steering")
    for name, node in steering.entries_of("channels").items() if steering is not None else ():
        if name not in channels:
            yield node.finding(f"steering.channels: no channel {name!r}", choices(name, channels))
