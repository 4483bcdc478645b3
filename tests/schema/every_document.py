"""Every GraphQL document that stands in the tree: in code and its tests, in examples, benchmarks and the docs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, OperationType, parse, separate_operations

TREE: Final = Path(__file__).parents[2]
FOLDERS: Final = ("tests", "examples", "benchmarks", "docs")
INSTALLED: Final = {"node_modules", "dist", "gql"}
"""Folders of what others wrote, or codegen did."""
BEGINS: Final = re.compile(r"\s*(#.*\n\s*)*(\{\s*[\w.#]|query\b|mutation\b|subscription\b|fragment\b)")
FENCED: Final = re.compile(r"^```graphql\n(.*?)^```", re.DOTALL | re.MULTILINE)
TEMPLATE: Final = re.compile(r"`((?:[^`$]|\$(?!\{))*)`|'(\{[^'\n]*)'|\"(\{[^\"\n]*)\"")


@dataclass(frozen=True)
class Found:
    """One operation with its fragments, and the file it stands in, relative to the tree."""

    file: str
    document: DocumentNode

    @property
    def kind(self) -> OperationType:
        """What the operation does."""
        return next(each.operation for each in self.document.definitions if isinstance(each, OperationDefinitionNode))


def every_document() -> Iterator[Found]:
    """Each operation once per file, in the order of the files."""
    paths = (path for folder in FOLDERS for path in sorted((TREE / folder).rglob("*")))
    for path in (*paths, TREE / "README.md"):
        written = WRITTEN.get(path.suffix)
        if written is None or INSTALLED & set(path.parts):
            continue
        for text in written(path.read_text(encoding="utf-8")):
            if not BEGINS.match(text):
                continue
            try:
                document = parse(text)
            except GraphQLError:  # a dict, a template, a document that is meant to be broken
                continue
            for operation in separate_operations(document).values():
                yield Found(path.relative_to(TREE).as_posix(), operation)


def _in_python(source: str) -> Iterator[str]:
    """Texts as they stand, and those put together of others of the same module."""
    module = ast.parse(source)
    known = {
        target.id: node.value.value
        for node in module.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(module):
        text = _text(node, known)
        if text is not None:
            yield text


def _text(node: ast.AST | None, known: Mapping[str, str]) -> str | None:
    match node:
        case ast.Constant(value=str(value)):
            return value
        case ast.Name(id=name):
            return known.get(name)
        case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
            return _text(value, known)
        case ast.JoinedStr(values=values):
            parts = [_text(part, known) for part in values]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            parts = [_text(left, known), _text(right, known)]
        case _:
            return None
    return None if None in parts else "".join(part for part in parts if part is not None)


def _in_script(source: str) -> Iterator[str]:
    for found in TEMPLATE.finditer(source):
        yield next(text for text in found.groups() if text is not None)


def _in_pages(source: str) -> Iterator[str]:
    return iter(FENCED.findall(source))


WRITTEN: Final = {
    ".py": _in_python,
    ".graphql": lambda source: iter([source]),
    ".md": _in_pages,
    ".ts": _in_script,
    ".tsx": _in_script,
    ".js": _in_script,
    ".mjs": _in_script,
}
"""How documents stand in a file of this ending."""
