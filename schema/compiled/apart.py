"""Documents read and planned in another process of the same program: what goes there, what is done there, what returns.

A plan refers to its document's fields by their number and to the schema's by their names: both sides have these.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Sequence
from typing import Any, Final

import orjson
from graphql import FieldNode, GraphQLObjectType, parse
from graphql.execution.values import get_variable_values

from schema.compiled.arguments import Asked, Binding, asked_of
from schema.compiled.documents import Document
from schema.compiled.kept import Kept
from schema.compiled.plan import Root, plan
from schema.compiled.reading import Question, Reading
from schema.compiled.select import Operation
from schema.limits import TOKENS_MAX
from schema.reads import ReadTerms
from schema.schema import HubSchema

TREES_KEPT: Final = 20
"""A document is mostly planned right after it was read."""

CHARACTERS_KEPT: Final = 400_000


class Apart:
    """The work of the other process; `terms` are those of the one that asks."""

    def __init__(self, schema: HubSchema, terms: ReadTerms) -> None:
        self._schema, self._terms = schema, terms
        self._documents: Kept[str, Document] = Kept(TREES_KEPT, CHARACTERS_KEPT)

    def read(self, text: str) -> Reading:
        """The tree of a valid document, or what is wrong with it."""
        reading = self._schema.documents.reading(text)
        if reading.node is not None:
            self._documents.keep(text, Document(reading), len(text))
        return reading

    def plan(self, question: Question, variables: bytes) -> bytes:
        """The root fields of a document that was valid, `packed_roots`, for variables in JSON that can be coerced."""
        document = self._documents.find(question.text)
        if document is None:
            document = Document(Reading(parse(question.text, max_tokens=TOKENS_MAX)))
        definition = document.operation(question.operation_name)
        if definition is None:
            raise ValueError("the document has no such operation")
        given = orjson.loads(variables) or {}
        coerced = get_variable_values(self._schema._schema, definition.variable_definitions or (), given)
        if isinstance(coerced, list):
            raise coerced[0]
        operation = Operation(self._schema, document.fragments, definition, coerced, question.scopes)
        made = plan(operation, document.node, self._terms, alone=question.alone)
        return packed_roots(made.roots, self._schema, document)


_SCHEMA: Final = "schema"


class _Packer(pickle.Pickler):
    def __init__(self, file: io.BytesIO, schema: HubSchema, document: Document) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._schema = schema
        self._numbers = {id(node): number for number, node in enumerate(document.fields)}

    def persistent_id(self, obj: object) -> int | str | None:
        if isinstance(obj, FieldNode):
            return self._numbers[id(obj)]
        return _SCHEMA if obj is self._schema else None

    def reducer_override(self, obj: object) -> Any:  # Any: what pickle's protocol allows
        if isinstance(obj, Asked):
            return _asked, (obj.schema, obj.kind, obj.node, obj.name)
        if isinstance(obj, Binding):
            return Binding.of, (obj.asked,)
        return NotImplemented


class _Unpacker(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, schema: HubSchema, fields: Sequence[FieldNode]) -> None:
        super().__init__(file)
        self._schema, self._fields = schema, fields

    def persistent_load(self, pid: int | str) -> object:
        return self._fields[pid] if isinstance(pid, int) else self._schema


def _asked(schema: HubSchema, kind: str, node: FieldNode, name: str) -> Asked:
    owner = schema._schema.get_type(kind)
    if not isinstance(owner, GraphQLObjectType):
        raise TypeError(f"{kind} has no fields")
    return asked_of(schema, owner, node, name)


def packed_roots(roots: Sequence[Root], schema: HubSchema, document: Document) -> bytes:
    """The root fields of a plan of this document, for another process that has read its text."""
    written = io.BytesIO()
    _Packer(written, schema, document).dump(list(roots))
    return written.getvalue()


def unpacked_roots(packed: bytes, schema: HubSchema, document: Document) -> list[Root]:
    """What `packed_roots` was given; only for bytes of a process of our own."""
    roots: list[Root] = _Unpacker(io.BytesIO(packed), schema, document.fields).load()
    return roots
