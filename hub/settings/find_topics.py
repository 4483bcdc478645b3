"""The catalogue that hub.yaml names, with every mistake found at its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from hub.errors import Finding, Misconfigured
from hub.settings.topics import NO_TOPICS, Catalogue
from hub.yaml.nearest import choices
from hub.yaml.nodes import Node, read_yaml
from hub.yaml.validation import findings_of


def find_topics(folder: Path, root: Node, systems: Mapping[str, Node], findings: list[Finding]) -> Catalogue:
    """The catalogue, an empty one where hub.yaml names none; what is wrong with it is added to `findings`."""
    named = root.child("contact")
    node = None if named is None else named.child("topics")
    if node is None or node.text is None:
        return NO_TOPICS
    path = folder / node.text
    if not path.is_file():
        findings.append(node.finding(f"there is no catalogue {path}", "paths count from the folder of hub.yaml"))
        return NO_TOPICS
    try:
        tree, duplicates = read_yaml(path)
    except Misconfigured as error:
        findings += error.findings
        return NO_TOPICS
    findings += duplicates
    channels = named.entries_of("channels") if named is not None else {}
    for name, topic in tree.entries_of("topics").items():
        findings += _check(name, topic, systems, channels)
    try:
        return Catalogue.model_validate(tree.plain())
    except ValidationError as error:
        findings += findings_of(error, tree, Catalogue)
        return NO_TOPICS


def _check(name: str, topic: Node, systems: Mapping[str, Node], channels: Mapping[str, Node]) -> Iterator[Finding]:
    call = topic.child("straight_through")
    system = None if call is None else call.text_of("system")
    if call is not None and system is not None and system not in systems:
        yield call.nearest(["system"]).finding(f"topic {name}: no system {system!r}", choices(system, systems))
    for key in ("straight_through", "tasks"):
        node = topic.child(key)
        if node is not None and "kind" not in topic.entries:
            yield node.finding(f"topic {name} has {key} and opens no request", "write its `kind`, or remove it")
    seen: dict[str, int] = {}
    for step in topic.items_of("steps"):
        for question in step.items_of("questions"):
            asked = question.text_of("name")
            if asked is not None and asked in seen:
                message = f"topic {name} asks {asked!r} twice, first on line {seen[asked]}"
                yield question.finding(message, "nothing is asked twice: keep one of them")
            elif asked is not None:
                seen[asked] = question.line
    for content in topic.items_of("content"):
        channel = content.text_of("channel")
        if channels and channel is not None and channel not in channels:
            yield content.nearest(["channel"]).finding(
                f"topic {name}: no channel {channel!r}", choices(channel, channels)
            )
