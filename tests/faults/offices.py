"""Two back offices in one process, simulators: they make whatever they are told to, twice if told twice.

python -m tests.faults.offices FILE --port 9000
"""

from __future__ import annotations

import argparse
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

TABLE: Final = """CREATE TABLE IF NOT EXISTS customer (
    id INTEGER PRIMARY KEY, office TEXT NOT NULL, name TEXT NOT NULL, key TEXT)"""


def offices(file: Path) -> Starlette:
    """POST /{office}/customers {name, key}, GET /{office}/customers?key=."""

    async def make(request: Request) -> Response:
        told = orjson.loads(await request.body())
        with closing(sqlite3.connect(file, timeout=30)) as connection, connection:
            made = connection.execute(
                "INSERT INTO customer (office, name, key) VALUES (?, ?, ?)",
                (request.path_params["office"], told["name"], told["key"]),
            ).lastrowid
        return _json({"id": made}, 201)

    def find(request: Request) -> Response:
        asked = (request.path_params["office"], request.query_params["key"])
        with closing(sqlite3.connect(file, timeout=30)) as connection:
            rows = connection.execute("SELECT id, name FROM customer WHERE office = ? AND key = ?", asked).fetchall()
        return _json([{"id": number, "name": name} for number, name in rows], 200)

    path = "/{office}/customers"
    return Starlette(routes=[Route(path, make, methods=["POST"]), Route(path, find, methods=["GET"])])


def made(file: Path) -> list[tuple[str, str]]:
    """Office and name of every customer that was made."""
    with closing(sqlite3.connect(file, timeout=30)) as connection:
        return connection.execute("SELECT office, name FROM customer ORDER BY id").fetchall()


def open_file(file: Path) -> None:
    """An empty register."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(TABLE)


def _json(body: object, status: int) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.offices", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    uvicorn.run(offices(options.file), host="127.0.0.1", port=options.port, log_level="error")


if __name__ == "__main__":
    main()
