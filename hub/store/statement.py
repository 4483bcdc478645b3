"""A statement as the driver takes it: text once, and values for each request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam
from sqlalchemy.dialects.postgresql.asyncpg import PGCompiler_asyncpg, dialect
from sqlalchemy.types import TypeEngine


@dataclass(frozen=True, slots=True)
class Statement:
    """`parameters` names the values that each request brings, in the driver's order.

    `digest` stands for the text where that would be held for as long as something else is.
    """

    sql: str
    parameters: tuple[str, ...]
    digest: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", blake2b(self.sql.encode(), digest_size=16).digest())

    def arguments(self, values: Mapping[str, object]) -> list[object]:
        """What the driver binds."""
        return [values[name] for name in self.parameters]


def parameter(name: str, kind: TypeEngine[Any]) -> ColumnElement[Any]:  # Any: of whatever type the value has
    """The place of a value that each request brings."""
    return bindparam(name, type_=kind, required=True)


def written(statement: Select[Any]) -> Statement:
    """The statement in PostgreSQL's own words."""
    compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    return Statement(str(compiled), tuple(getattr(compiled, "positiontup", None) or ()))


class _Compiler(PGCompiler_asyncpg):
    """Writes what is the same in every request as a constant: the planner sees it, and nobody binds it again."""

    def visit_bindparam(self, bindparam: BindParameter[Any], *given: Any, **options: Any) -> str:
        options["literal_binds"] = options.get("literal_binds", False) or not bindparam.required
        written: str = super().visit_bindparam(bindparam, *given, **options)  # type: ignore[no-untyped-call]
        return written


_DIALECT: Final = dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy types no dialect
_DIALECT.statement_compiler = _Compiler
