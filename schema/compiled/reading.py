"""A document read, validated and planned: what comes of it goes from one process to another, and is made once."""

from __future__ import annotations

import io
import pickle
from collections.abc import Hashable, Iterable, Sequence
from typing import Any, Final, NamedTuple, Protocol, runtime_checkable

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    Location,
    NoSchemaIntrospectionCustomRule,
    Source,
    Token,
    parse,
)
from graphql.language import TokenKind
from strawberry.schema.schema import validate_document

from hub.access.principal import Scope
from schema.compiled.outline import too_large
from schema.errors import BAD_REQUEST, Told, told
from schema.limits import TOKENS_MAX, OperationSize


class Fault(NamedTuple):
    """Why a document is refused: what callers are told, and where in its text, by line and column from 1."""

    message: str
    places: tuple[tuple[int, int], ...] = ()
    extensions: tuple[tuple[str, object], ...] = (("code", BAD_REQUEST),)


class Reading(NamedTuple):
    """A valid document as a tree, or the faults of one that is not."""

    node: DocumentNode | None
    faults: tuple[Fault, ...] = ()
    introspection: tuple[Fault, ...] = ()
    """Where a valid one asks about the schema, which not everyone may."""

    def errors(self) -> list[GraphQLError]:
        """The faults as errors, new ones for each answer."""
        return [_error(fault) for fault in self.faults]

    def not_for_all(self) -> list[GraphQLError]:
        """What those are told who may not ask about the schema."""
        return [_error(fault) for fault in self.introspection]


@runtime_checkable
class ReadsTexts(Protocol):
    """On whose behalf a text is read, and by whom."""

    async def read_text(self, text: str) -> Reading | None:
        """What another process says of it; None where this one is to read it itself. RateLimited for who sends too
        many that are refused."""
        ...


class Question(NamedTuple):
    """All that the plan of a valid document depends on; `alone`: for a caller who sees himself only."""

    text: str
    operation_name: str | None
    scopes: frozenset[Scope]
    alone: bool
    shape: Hashable


class Planned(NamedTuple):
    """Packed root fields, nothing where resolvers are to answer, and the seconds of processor time that they took; 0
    where they had been made for somebody else."""

    spent_s: float
    packed: bytes


class ReadsElsewhere(Protocol):
    """Another process that reads and plans documents."""

    async def read(self, text: str, whose: str) -> Reading:
        """On behalf of a subject; RateLimited for one who sends too many that are refused."""
        ...

    async def plan(self, question: Question, variables: bytes, whose: str) -> Planned:
        """For variables in JSON that can be coerced; raises as `read`."""
        ...


class Read:
    """Reads texts in the process that it is called in."""

    def __init__(self, schema: GraphQLSchema, rules: Sequence[type[ASTValidationRule]]) -> None:
        self._schema = schema
        self._rules = tuple(rules)

    def __call__(self, text: str) -> Reading:
        """Its size first: rules that compare fields with each other would take their time over what is too big."""
        wrong = too_large(text)
        if wrong is not None:
            return Reading(None, (Fault(wrong),))
        try:
            node = parse(text, max_tokens=TOKENS_MAX)
            errors = self._validated(node, (OperationSize,)) or self._validated(node, self._rules)
        except GraphQLError as error:
            errors = [error]
        except RecursionError as error:
            errors = [GraphQLError(str(error), original_error=error)]
        if errors:
            return Reading(None, _faults(errors))
        return Reading(node, introspection=_faults(self._validated(node, (NoSchemaIntrospectionCustomRule,))))

    def _validated(self, node: DocumentNode, rules: tuple[type[ASTValidationRule], ...]) -> list[GraphQLError]:
        return validate_document(self._schema, node, rules)


def _faults(errors: Iterable[GraphQLError]) -> tuple[Fault, ...]:
    return tuple(_fault(told(error)) for error in errors)


def _fault(error: GraphQLError) -> Fault:
    places = tuple((place.line, place.column) for place in error.locations or ())
    return Fault(error.message, places, tuple((error.extensions or {}).items()))


def _error(fault: Fault) -> Told:
    return Told(fault.message, fault.places, dict(fault.extensions))


_NO_TOKEN: Final = Token(TokenKind.SOF, 0, 0, 0, 0)


def _location(source: Source, start: int, end: int) -> Location:
    location = Location(_NO_TOKEN, _NO_TOKEN, source)
    location.start, location.end = start, end
    return location


class _Packer(pickle.Pickler):
    """Leaves the tokens out, which are most of a tree and of no use once there is one."""

    def reducer_override(self, obj: object) -> Any:  # Any: what pickle's protocol allows
        if isinstance(obj, Location):
            return _location, (obj.source, obj.start, obj.end)
        return NotImplemented


def packed(reading: Reading) -> bytes:
    """For another process of the same program."""
    written = io.BytesIO()
    _Packer(written, pickle.HIGHEST_PROTOCOL).dump(reading)
    return written.getvalue()


def unpacked(packed_: bytes) -> Reading:
    """What `packed` was given; only for bytes of a process of our own. A third of the time that reading took."""
    reading: Reading = pickle.loads(packed_)  # noqa: S301  # made by our own child
    return reading
