"""Which document a request means: its own text, a trusted one by id, or one that was sent before, by its hash.

`documentId` is the parameter of the GraphQL over HTTP appendix on persisted documents; `extensions.persistedQuery` is
what Apollo's clients send (automatic persisted queries, version 1). A manifest is a JSON object of ids and texts, as
relay-compiler and graphql-codegen write it, or Apollo's persisted query manifest.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from hub.errors import Invalid, TooLong, UnknownDocument, UntrustedDocument

REMEMBERED_MAX: Final = 4_000_000
"""Characters of documents sent once that a process remembers; whoever is forgotten sends his text again."""

KEEPING_ONE: Final = 200
"""Characters that remembering a document costs beside its text: a million short ones would take far more than their
texts."""

LONGEST_READ: Final = 100_000
"""Characters of a document: 4,000 tokens of 25."""


class _Operation(BaseModel):
    id: str
    body: str


class _ApolloManifest(BaseModel):
    format: Literal["apollo-persisted-query-manifest"]
    operations: tuple[_Operation, ...]


_MANIFEST: Final[TypeAdapter[_ApolloManifest | dict[str, str]]] = TypeAdapter(
    Annotated[_ApolloManifest | dict[str, str], Field(union_mode="left_to_right")]
)


def read_manifest(path: Path) -> Mapping[str, str]:
    """Texts by id. Invalid when the file cannot be read as a manifest."""
    try:
        manifest = _MANIFEST.validate_json(path.read_bytes())
    except OSError as error:
        raise Invalid(f"{path}: the manifest of trusted documents cannot be read: {error.strerror}") from error
    except ValidationError as error:
        expected = 'a JSON object of ids and documents, or {"format": "apollo-persisted-query-manifest", ...}'
        raise Invalid(f"{path}: the manifest of trusted documents is not {expected}") from error
    if isinstance(manifest, _ApolloManifest):
        return {operation.id: operation.body for operation in manifest.operations}
    return manifest


class Documents:
    """The trusted documents, and beside them the last ones that clients sent with their hash.

    With `trusted_only` nothing else is answered: neither texts of a client's own nor what came by its hash.
    """

    def __init__(self, trusted: Mapping[str, str], *, trusted_only: bool) -> None:
        self._trusted = trusted
        self._texts = frozenset(trusted.values())
        self._trusted_only = trusted_only
        self._remembered: OrderedDict[str, str] = OrderedDict()
        self._characters = 0

    def text_of(self, query: str | None, document_id: object, extensions: Mapping[str, object] | None) -> str | None:
        """The text that a request means; None where it names none at all."""
        if query is not None and len(query) > LONGEST_READ:
            raise TooLong(f"a document may have at most {LONGEST_READ} characters")
        given = _hash_of(extensions)
        if not query:
            named = given if document_id is None else document_id
            return None if named is None else self._stored(str(named))
        if self._trusted_only and query not in self._texts:
            raise UntrustedDocument
        if given is not None and not self._trusted_only:
            self._remember(given, query)
        return query

    def _stored(self, name: str) -> str:
        text = self._trusted.get(name) or self._remembered.get(name)
        if text is None:
            raise UnknownDocument
        if name in self._remembered:
            self._remembered.move_to_end(name)
        return text

    def _remember(self, given: str, text: str) -> None:
        if sha256(text.encode()).hexdigest() != given:
            raise Invalid("sha256Hash is not the SHA-256 of this query", ("extensions", "persistedQuery"))
        if given in self._remembered:
            return
        self._remembered[given] = text
        self._characters += len(text) + KEEPING_ONE
        while self._characters > REMEMBERED_MAX:
            _, forgotten = self._remembered.popitem(last=False)
            self._characters -= len(forgotten) + KEEPING_ONE


def _hash_of(extensions: Mapping[str, object] | None) -> str | None:
    persisted = (extensions or {}).get("persistedQuery")
    given = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    return given.lower() if isinstance(given, str) else None
