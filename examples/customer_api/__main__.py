"""Serve a SQLite file of customers: python -m examples.customer_api customers.sqlite --port 9000"""

from __future__ import annotations

import argparse
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import uvicorn

from examples.customer_api.app import TABLE, customer_api


def main() -> None:
    """Make the table where it is missing, then serve until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m examples.customer_api", description=__doc__)
    parser.add_argument("file", type=Path, help="the SQLite file; made if it is not there")
    parser.add_argument("--port", type=int, default=9000)
    options = parser.parse_args()
    with closing(sqlite3.connect(options.file)) as connection, connection:
        connection.execute(TABLE)
    app = customer_api(options.file, os.environ.get("CUSTOMER_API_TOKEN"))
    uvicorn.run(app, host="127.0.0.1", port=options.port, log_level="warning")


if __name__ == "__main__":
    main()
