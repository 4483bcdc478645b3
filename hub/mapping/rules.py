"""One field's rule into the function that reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from hub.errors import Finding, Invalid
from hub.mapping.document import FieldRule
from hub.mapping.expressions import Select, compile_expression
from hub.mapping.record import Read
from hub.mapping.shape import FieldShape
from hub.mapping.unfit import Unfit
from hub.mapping.values import Convert, converter_for, table_of
from hub.yaml.nearest import choices
from hub.yaml.nodes import Node


class RuleCompiler:
    """Knows the document's value tables; adds what is wrong to `findings`."""

    def __init__(self, tables: Mapping[str, Node], findings: list[Finding]) -> None:
        self._tables = tables
        self._findings = findings
        self._used: set[str] = set()

    def read(self, node: Node, shape: FieldShape, name: str) -> Read | None:
        """How the field is read; None when its rule is wrong, which is among the findings then."""
        convert = self._translation(node, shape, name)
        try:
            rule = FieldRule.model_validate(node.plain())
        except ValidationError:
            return None  # told by the validation of the whole document
        if rule.type is not None and rule.type is not shape.type:
            message = f"{name} is of type {shape.type}, not {rule.type}"
            self._wrong(node.nearest(["type"]), message, f"leave `type` out or write {shape.type}")
        to_canonical = converter_for(shape)
        if rule.path is None:
            constant = self._canonical(to_canonical, node.nearest(["value"]), rule.value, name)
            return lambda _: constant
        default = self._canonical(to_canonical, node.nearest(["default"]), rule.default, name)
        select = self.expression(node.nearest(["path"]))
        return None if select is None else _reader(select, convert, default)

    def expression(self, node: Node | None) -> Select | None:
        """The compiled expression at `node`, None if there is none or it is wrong."""
        if node is None or node.text is None:
            return None
        try:
            return compile_expression(node.text)
        except Invalid as error:
            self._wrong(node, error.message, "see https://jmespath.org/specification.html")
            return None

    def unused_tables(self) -> Iterator[Finding]:
        """Tables that no field names: nearly always a misspelt name."""
        for name, node in self._tables.items():
            if name not in self._used:
                yield node.finding(f"table {name!r} is not used by any field", f"write `table: {name}` or remove it")

    def _translation(self, node: Node, shape: FieldShape, name: str) -> Convert:
        """The rule's value table if it has one, else the conversion to the field's type."""
        convert = converter_for(shape)
        named = node.child("table")
        if named is None or named.text is None:
            return convert
        self._used.add(named.text)
        if named.text not in self._tables:
            self._wrong(named, f"{name}: there is no table {named.text!r}", choices(named.text, self._tables))
            return convert
        table = self._tables[named.text]
        if not table.entries:
            self._wrong(table, f"table {named.text!r} is empty", "give each value of the package an entry")
        right = {
            key: self._canonical(convert, entry, entry.plain(), f"{name}, table {named.text}, entry {key!r}", hole=True)
            for key, entry in table.entries.items()
        }
        return table_of(named.text, right)

    def _canonical(self, convert: Convert, node: Node, written: object, name: str, hole: bool = False) -> object:
        """A value written in the mapping, converted as one that was read would be."""
        try:
            value = convert(written)
        except Unfit as unfit:
            self._wrong(node, f"{name}: {unfit.rule}", "write a value of the canonical field")
            return None
        if value is None and hole:
            self._wrong(node, f"{name} has no value", "give it one, or remove it to quarantine what has this value")
        return value

    def _wrong(self, node: Node, message: str, allowed: str) -> None:
        self._findings.append(node.finding(message, allowed))


def _reader(select: Select, convert: Convert, default: object) -> Read:
    if default is None:
        return lambda body: convert(select(body))

    def read(body: object) -> object:
        value = convert(select(body))
        return default if value is None else value

    return read
