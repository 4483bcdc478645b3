"""Everything in the process writes one kind of line, and libraries only what is known to be harmless."""

from __future__ import annotations

import asyncio
import logging
from io import StringIO

import pytest
import structlog

from hub.observe.context import bind_context, carried_context, restore_context
from hub.observe.logging import configure_logging
from tests.observe.conftest import Written


def test_own_loggers_of_both_kinds_write_the_same_line(written: Written) -> None:
    structlog.get_logger("hub.a").info("began %s", "pull", count=2)
    logging.getLogger("hub.b").warning("began %s", "pull")
    first, second = written.lines
    assert (first["event"], first["level"], first["logger"], first["count"]) == ("began pull", "info", "hub.a", 2)
    assert (second["event"], second["level"], second["logger"]) == ("began pull", "warning", "hub.b")
    assert str(first["timestamp"]).endswith("Z")


def test_own_record_with_arguments_that_do_not_fit_is_not_lost(written: Written) -> None:
    logging.getLogger("hub.b").warning("read %d pages", "Jansen")
    assert written.lines[0]["event"] == "read %d pages"


@pytest.mark.parametrize(
    "name", ["uvicorn.error", "dramatiq.worker.WorkerThread", "sqlalchemy.pool", "alembic.runtime"]
)
def test_known_library_shows_its_text_without_the_values(written: Written, name: str) -> None:
    logging.getLogger(name).error('%s - "WebSocket %s" refused', "10.0.0.7", "/graphql?name=Jansen")
    assert written.lines[0]["event"] == '%s - "WebSocket %s" refused'
    assert "Jansen" not in written.text


@pytest.mark.parametrize("name", ["asyncio", "strawberry.execution", "root"])
def test_unknown_library_shows_only_where_it_spoke(written: Written, name: str) -> None:
    logging.getLogger(name).error("Jansen failed")
    assert written.lines[0]["event"] == "a library logged something"
    assert str(written.lines[0]["source"]).startswith("tests/observe/test_logging.py:")


@pytest.mark.parametrize("name", ["uvicorn.access", "sqlalchemy.engine.Engine", "httpx2", "alembic.runtime.migration"])
def test_urls_and_statements_of_libraries_are_not_logged(written: Written, name: str) -> None:
    logging.getLogger(name).info("GET /graphql?name=%s", "Jansen")
    assert written.text == ""


def test_handlers_of_libraries_are_replaced(restored_logging: None) -> None:
    leak = StringIO()
    own = logging.StreamHandler(leak)
    uvicorn = logging.getLogger("uvicorn.error")
    uvicorn.addHandler(own)
    uvicorn.propagate = False
    stream = StringIO()
    configure_logging(as_json=True, stream=stream)
    uvicorn.error("refused %s", "Jansen")
    assert leak.getvalue() == ""
    assert stream.getvalue().count("refused") == 1


def test_level_and_second_configuration_count(restored_logging: None) -> None:
    first, second = StringIO(), StringIO()
    configure_logging(as_json=True, stream=first)
    configure_logging(as_json=True, level="WARNING", stream=second)
    structlog.get_logger("hub.level").info("quiet")
    structlog.get_logger("hub.level").warning("loud")
    assert first.getvalue() == ""
    assert second.getvalue().count("\n") == 1


async def test_context_reaches_tasks_and_ends_with_its_block(written: Written) -> None:
    async def work() -> None:
        structlog.get_logger("hub.c").info("inside")

    with bind_context(request_id="r1", flow="7"), bind_context(run_id="u1"):
        await asyncio.create_task(work())
    structlog.get_logger("hub.c").info("outside")
    inside, outside = [line for line in written.lines if line["logger"] == "hub.c"]
    assert (inside["request_id"], inside["flow"], inside["run_id"]) == ("r1", "7", "u1")
    assert "request_id" not in outside


def test_context_travels_with_a_dispatch_row(written: Written) -> None:
    with bind_context(request_id="r1", flow="7"):
        row = carried_context()
    assert row == {"request_id": "r1", "flow": "7"}
    with restore_context({**row, "later": "x"}):
        assert carried_context() == row
        logging.getLogger("hub.c").info("in the worker")
    assert carried_context() == {}
    assert (written.lines[0]["request_id"], written.lines[0]["flow"]) == ("r1", "7")
