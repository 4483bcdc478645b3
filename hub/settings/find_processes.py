"""The customer processes that hub.yaml names, with every mistake found at its line."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from hub.errors import Finding, Misconfigured
from hub.settings.processes import NO_PROCESSES, Processes
from hub.settings.topics import Catalogue
from hub.yaml.nearest import choices
from hub.yaml.nodes import Node, read_yaml
from hub.yaml.validation import findings_of


@dataclass(frozen=True, slots=True)
class Known:
    """What steps may name."""

    channels: Collection[str]
    systems: Collection[str]
    topics: Catalogue


def find_processes(folder: Path, root: Node, known: Known, findings: list[Finding]) -> Processes:
    """The processes, none where hub.yaml names no file; what is wrong with them is added to `findings`."""
    node = root.child("processes")
    if node is None or node.text is None:
        return NO_PROCESSES
    path = folder / node.text
    if not path.is_file():
        findings.append(node.finding(f"there is no file {path}", "paths count from the folder of hub.yaml"))
        return NO_PROCESSES
    try:
        tree, duplicates = read_yaml(path)
    except Misconfigured as error:
        findings += error.findings
        return NO_PROCESSES
    findings += duplicates
    contents, taken = tree.entries_of("content"), dict[str, str]()
    for name, process in tree.entries_of("processes").items():
        findings += _topics(name, process, known, taken)
        findings += _steps(name, process, known, contents)
    try:
        return Processes.model_validate(tree.plain())
    except ValidationError as error:
        findings += findings_of(error, tree, Processes)
        return NO_PROCESSES


def _topics(name: str, process: Node, known: Known, taken: dict[str, str]) -> Iterator[Finding]:
    for topic in process.items_of("topics"):
        if topic.text is None:
            continue
        yield from _named(topic, f"process {name}: no topic", topic.text, known.topics.topics)
        if topic.text in taken:
            message = f"process {name}: requests on {topic.text!r} go by {taken[topic.text]} already"
            yield topic.finding(message, "a topic belongs to one process")
        taken.setdefault(topic.text, name)


def _steps(name: str, process: Node, known: Known, contents: Collection[str]) -> Iterator[Finding]:
    tasks = _tasks(process, known.topics)
    seen: dict[str, int] = {}
    for step in process.items_of("steps"):
        called = step.text_of("name") or "?"
        place = f"process {name}, step {called}"
        if called in seen:
            yield step.finding(f"{place} stands twice, first on line {seen[called]}", "give each its own name")
        seen.setdefault(called, step.line)
        one: tuple[tuple[str, str, Collection[str]], ...] = (
            ("channel", "channel", known.channels),
            ("system", "system", known.systems),
            ("topic", "topic", known.topics.topics),
            ("task", "task in the topics of the process", tasks),
        )
        for key, what, allowed in one:
            node = step.child(key)
            if node is not None and node.text is not None:
                yield from _named(node, f"{place}: no {what}", node.text, allowed)
        several: tuple[tuple[str, str, Collection[str]], ...] = (
            ("supporting", "channel", known.channels),
            ("content", "content", contents),
        )
        for key, what, allowed in several:
            for node in step.items_of(key):
                if node.text is not None:
                    yield from _named(node, f"{place}: no {what}", node.text, allowed)


def _tasks(process: Node, topics: Catalogue) -> Collection[str]:
    """What requests of the process have to be done, a system's own task first."""
    found: dict[str, None] = {}
    for node in process.items_of("topics"):
        topic = None if node.text is None else topics.topics.get(node.text)
        if topic is not None:
            call = topic.straight_through
            found |= dict.fromkeys([*([] if call is None else [call.action]), *topic.tasks])
    return found


def _named(node: Node, message: str, name: str, allowed: Collection[str] | Mapping[str, object]) -> Iterator[Finding]:
    if name not in allowed:
        yield node.finding(f"{message} {name!r}", choices(name, allowed))
