"""Tryton's JSON-RPC, as far as seeding needs it. The hub's own way to Tryton is adapters/tryton.

Values as in trytond/protocols/jsonrpc.py: decimals, dates, times and durations travel as
objects with a `__class__`; date-times are UTC without a zone.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TypeAlias, cast

import httpx2

from hub.errors import Rejected, Transient, Unauthorised

Value: TypeAlias = (
    "bool | int | float | str | Decimal | date | datetime | timedelta | Sequence[Value] | Mapping[str, Value] | None"
)
Row: TypeAlias = Mapping[str, Value]
Domain: TypeAlias = Sequence[Value]

BATCH = 500  # rows per call: larger ones are no faster and hold one transaction longer
CALL_TIMEOUT_S = 120.0


def to_wire(value: Value) -> object:
    """The JSON form of one value and all within it."""
    match value:
        case Decimal():
            return {"__class__": "Decimal", "decimal": str(value)}
        case datetime():
            clock = {part: getattr(value, part) for part in ("hour", "minute", "second", "microsecond")}
            return {"__class__": "datetime", "year": value.year, "month": value.month, "day": value.day, **clock}
        case date():
            return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
        case timedelta():
            return {"__class__": "timedelta", "seconds": value.total_seconds()}
        case str():
            return value
        case Mapping():
            return {key: to_wire(item) for key, item in value.items()}
        case Sequence():
            return [to_wire(item) for item in value]
        case _:
            return value


def create_children(*rows: Row) -> Value:
    """The value of a one-to-many field that creates these rows with their parent."""
    return [["create", rows]]


class TrytonRpc:
    """A session of one user on one database. Not thread-safe; close it, or use it as a context manager."""

    def __init__(self, url: str, database: str, user: str, password: str) -> None:
        """Log in. Raises Unauthorised for a wrong password and after too many of them."""
        self.database = database
        self._http = httpx2.Client(base_url=url, timeout=CALL_TIMEOUT_S, trust_env=False)
        self._headers: dict[str, str] = {}
        self.context: Row = {}
        try:
            self.user_id, session = self._log_in(user, password)
            token = base64.b64encode(f"{user}:{self.user_id}:{session}".encode()).decode()
            self._headers = {"Authorization": f"Session {token}"}
            self.read_preferences()
        except BaseException:
            self.close()
            raise

    def read_preferences(self) -> None:
        """Take over the user's company and employee, which every later call then carries in its context."""
        self.context = cast(Row, self._post("model.res.user.get_preferences", [True, {}]))

    def call(self, method: str, *params: Value) -> object:
        """The decoded JSON answer of `model.method`; raises Rejected when Tryton says no."""
        return self._post(f"model.{method}", [*params, self.context])

    def create(self, model: str, rows: Sequence[Row]) -> list[int]:
        """The new ids in the order of `rows`, one transaction per BATCH rows."""
        made: list[int] = []
        for start in range(0, len(rows), BATCH):
            made += cast(list[int], self.call(f"{model}.create", rows[start : start + BATCH]))
        return made

    def write(self, model: str, ids: Sequence[int], values: Row) -> None:
        """The same values into every one of `ids`, in one transaction."""
        self.call(f"{model}.write", ids, values)

    def write_each(self, model: str, rows: Mapping[int, Row]) -> None:
        """Other values into each id, in one transaction."""
        pairs: list[Value] = [part for one, values in rows.items() for part in ([one], values)]
        if pairs:
            self.call(f"{model}.write", *pairs)

    def delete(self, model: str, ids: Sequence[int]) -> None:
        """In one transaction."""
        self.call(f"{model}.delete", ids)

    def press(self, model: str, button: str, ids: Sequence[int]) -> None:
        """A button: the only way from one state to the next."""
        if ids:
            self.call(f"{model}.{button}", ids)

    def search(self, model: str, domain: Domain) -> list[int]:
        """Ids in the order they were made."""
        return cast(list[int], self.call(f"{model}.search", domain, 0, None, [["id", "ASC"]]))

    def search_read(self, model: str, domain: Domain, fields: Sequence[str]) -> list[dict[str, object]]:
        """Rows in the order they were made; a nested field `a.b` is found under the key `a.`."""
        found = self.call(f"{model}.search_read", domain, 0, None, [["id", "ASC"]], fields)
        return cast(list[dict[str, object]], found)

    def id_of(self, model: str, domain: Domain) -> int:
        """The one row that matches; raises ValueError when it is not exactly one."""
        (found,) = self.search(model, domain)
        return found

    def close(self) -> None:
        """Give the connection back; the session ends by itself."""
        self._http.close()

    def __enter__(self) -> TrytonRpc:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _log_in(self, user: str, password: str) -> tuple[int, str]:
        answer = self._post("common.db.login", [user, {"password": password}, "en"])
        user_id, session, _ = cast(tuple[int, str, object], answer)
        return user_id, session

    def _post(self, method: str, params: Sequence[Value]) -> object:
        body = {"id": 1, "method": method, "params": to_wire(params)}
        try:
            answer = self._http.post(f"/{self.database}/rpc/", json=body, headers=self._headers)
        except httpx2.TransportError as error:
            raise Transient(f"Tryton does not answer: {error}") from error
        if answer.status_code in (401, 403, 429):
            raise Unauthorised(f"Tryton refuses {method} on {self.database}: status {answer.status_code}")
        if answer.status_code != httpx2.codes.OK:
            raise Transient(f"Tryton answers {method} on {self.database} with status {answer.status_code}")
        told = answer.json()
        if "error" in told:
            # Its last part is a traceback or a list; the first parts name the kind and what went wrong.
            raise Rejected(f"{method} on {self.database}: {str(told['error'])[:2000]}")
        return cast(object, told["result"])
