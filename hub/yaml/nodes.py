"""A YAML file as a tree of nodes that know their line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.nodes import Node as YamlNode
from ruamel.yaml.reader import ReaderError

from hub.errors import Finding, Misconfigured

Scalar: TypeAlias = str | int | float | bool | None
Plain: TypeAlias = "Scalar | list[Plain] | dict[str, Plain]"
Step: TypeAlias = str | int

_TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Node:
    """One value with the line it begins on; for the value of a key that is the key's line."""

    file: str
    line: int
    value: Scalar | tuple[Node, ...] | Mapping[str, Node]

    @property
    def entries(self) -> Mapping[str, Node]:
        """The keys of a mapping; none for anything else."""
        return self.value if isinstance(self.value, Mapping) else {}

    @property
    def items(self) -> Sequence[Node]:
        """The elements of a list; none for anything else."""
        return self.value if isinstance(self.value, tuple) else ()

    @property
    def text(self) -> str | None:
        """The value if it is a text."""
        return self.value if isinstance(self.value, str) else None

    def child(self, step: Step) -> Node | None:
        """The value under a key or index, None if there is none."""
        if isinstance(step, int):
            return self.items[step] if step < len(self.items) else None
        return self.entries.get(step)

    def entries_of(self, key: str) -> Mapping[str, Node]:
        """The keys of the mapping under `key`; none if there is no mapping."""
        child = self.entries.get(key)
        return child.entries if child else {}

    def items_of(self, key: str) -> Sequence[Node]:
        """The elements of the list under `key`; none if there is no list."""
        child = self.entries.get(key)
        return child.items if child else ()

    def text_of(self, key: str) -> str | None:
        """The text under `key`."""
        child = self.entries.get(key)
        return child.text if child else None

    def nearest(self, path: Sequence[Step]) -> Node:
        """The node at `path`, or the last one on the way there that exists."""
        node = self
        for step in path:
            node = node.child(step) or node
        return node

    def plain(self) -> Plain:
        """The value without lines, as a JSON reader would give it."""
        if isinstance(self.value, Mapping):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, tuple):
            return [node.plain() for node in self.value]
        return self.value

    def finding(self, message: str, allowed: str) -> Finding:
        """A mistake at this place."""
        return Finding(self.file, self.line, message, allowed)


def read_yaml(path: Path) -> tuple[Node, list[Finding]]:
    """The file's tree and the duplicate keys found in it (the last one counts).

    Raises Misconfigured when the file cannot be read or is not YAML: nothing else can be said about it then.
    """
    file = str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        hint = "create it, or set HUB_CONFIG or the path that names it"
        raise Misconfigured([Finding(file, 1, f"cannot be read: {error.strerror}", hint)]) from error
    except UnicodeDecodeError as error:
        raise Misconfigured([Finding(file, 1, "is not UTF-8 text", "save the file as UTF-8")]) from error
    return parse_yaml(text, file)


def parse_yaml(text: str, file: str) -> tuple[Node, list[Finding]]:
    """As read_yaml, from text that stands in `file`."""
    try:
        tree = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        begun = error.context_mark.line + 1 if error.context_mark else line
        inside = f", in what begins on line {begun}" if begun != line else ""
        message = f"not valid YAML: {error.problem or error.context}{inside}"
        raise Misconfigured([Finding(file, line, message, "check indentation, quotes and brackets here")]) from error
    except ReaderError as error:
        line = text[: error.position].count("\n") + 1
        message = "not valid YAML: it holds a character that YAML forbids"
        raise Misconfigured([Finding(file, line, message, "remove control characters")]) from error
    reader = _TreeReader(file)
    root = Node(file, 1, {}) if tree is None else reader.node(tree, tree.start_mark.line + 1)
    return root, reader.findings


class _TreeReader:
    """Turns the parser's nodes into ours, collecting duplicate keys and endless aliases."""

    def __init__(self, file: str) -> None:
        self.findings: list[Finding] = []
        self._file = file
        self._open: list[YamlNode] = []

    def node(self, tree: YamlNode, line: int) -> Node:
        if any(tree is outer for outer in self._open):
            self.findings.append(Finding(self._file, line, "an alias that contains itself", "write the value out"))
            return Node(self._file, line, None)
        self._open.append(tree)
        try:
            return Node(self._file, line, self._value(tree))
        finally:
            self._open.pop()

    def _value(self, tree: YamlNode) -> Scalar | tuple[Node, ...] | Mapping[str, Node]:
        if isinstance(tree, MappingNode):
            return self._entries(tree)
        if isinstance(tree, SequenceNode):
            return tuple(self.node(item, item.start_mark.line + 1) for item in tree.value)
        return _scalar(tree)

    def _entries(self, tree: MappingNode) -> Mapping[str, Node]:
        entries: dict[str, Node] = {}
        for key, value in tree.value:
            line = key.start_mark.line + 1
            if not isinstance(key, ScalarNode):
                self.findings.append(Finding(self._file, line, "a key that is a list or mapping", "use a text as key"))
                continue
            name = str(key.value)
            if name in entries:
                message = f"key {name!r} stands here twice, first on line {entries[name].line}"
                self.findings.append(Finding(self._file, line, message, "keep one of them"))
            entries[name] = self.node(value, line)
        return entries


def _scalar(tree: YamlNode) -> Scalar:
    """Numbers, booleans and null as YAML 1.2 reads them; dates and unknown tags stay the text they are."""
    text = str(tree.value)
    try:
        match str(tree.tag).removeprefix(_TAG):
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int":
                return int(text, 0 if text.lstrip("+-")[:2] in {"0x", "0o", "0b"} else 10)
            case "float":
                return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    except ValueError:  # an explicit tag such as `!!int many`
        return text
    return text
