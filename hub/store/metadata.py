"""The declarative root of every table, with names of constraints fixed so that migrations can refer to them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Date, LargeBinary, MetaData, Numeric, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP, dialect
from sqlalchemy.orm import DeclarativeBase

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Table(DeclarativeBase):
    """Root of the tables. Times are timestamptz, amounts exact numerics, text unbounded unless a check says so."""

    metadata = METADATA
    type_annotation_map: ClassVar[dict[Any, Any]] = {  # Any: the type SQLAlchemy declares
        str: Text(),
        datetime: TIMESTAMP(timezone=True),
        date: Date(),
        Decimal: Numeric(),
        UUID: Uuid(),
        bytes: LargeBinary(),
        dict[str, object]: JSONB(),
        list[object]: JSONB(),
        list[str]: ARRAY(Text()),
        list[UUID]: ARRAY(Uuid()),
    }


@cache
def key_of(table: str) -> tuple[str, str]:
    """Name and type of a table's primary key, which is one column."""
    (column,) = METADATA.tables[table].primary_key.columns
    return column.name, column.type.compile(dialect())  # type: ignore[no-untyped-call]  # untyped there
