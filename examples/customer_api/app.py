"""GET /customers (in pages, by page, offset, cursor or Link header; `changed_since`), GET /customers/{id}."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

TABLE: Final = """
CREATE TABLE IF NOT EXISTS customer (
    id INTEGER PRIMARY KEY, full_name TEXT NOT NULL, email TEXT, phone TEXT, city TEXT, changed_at TEXT NOT NULL)
"""
ROWS_MAX: Final = 1000


def customer_api(file: Path, token: str | None = None) -> Starlette:
    """The API over the SQLite file; with a token only for those who bear it."""

    def answer(request: Request, sql: str, values: Sequence[str | int]) -> list[dict[str, object]] | None:
        if token is not None and request.headers.get("authorization") != f"Bearer {token}":
            return None
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            return [_customer(row) for row in connection.execute(sql, values)]

    def customers(request: Request) -> Response:
        asked = request.query_params
        size = min(int(asked.get("size", 100)), ROWS_MAX)
        start = int(asked.get("cursor") or asked.get("offset") or (int(asked.get("page", 1)) - 1) * size)
        found = answer(
            request,
            "SELECT * FROM customer WHERE changed_at >= ? ORDER BY changed_at, id LIMIT ? OFFSET ?",
            (asked.get("changed_since", ""), size, start),
        )
        if found is None:
            return Response(status_code=401)
        following = start + size if len(found) == size else None
        headers = {}
        if following is not None:
            query = urlencode({**asked, "cursor": str(following)})
            headers["Link"] = f'<{request.url.replace(query=query)}>; rel="next"'
        return _json({"customers": found, "next": following}, headers)

    def customer(request: Request) -> Response:
        found = answer(request, "SELECT * FROM customer WHERE id = ?", (request.path_params["id"],))
        if found is None:
            return Response(status_code=401)
        return _json(found[0], {}) if found else Response(status_code=404)

    return Starlette(routes=[Route("/customers", customers), Route("/customers/{id:int}", customer)])


def _customer(row: sqlite3.Row) -> dict[str, object]:
    media = [
        {"id": f"{row['id']}-{kind}", "kind": kind, "value": row[kind]} for kind in ("email", "phone") if row[kind]
    ]
    return {
        "id": row["id"],
        "name": row["full_name"],
        "reach": media,
        "city": row["city"],
        "changed_at": row["changed_at"],
    }


def _json(body: object, headers: dict[str, str]) -> Response:
    return Response(orjson.dumps(body), media_type="application/json", headers=headers)
