"""Nothing personal reaches the log, whichever way it is put in."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from io import StringIO
from uuid import UUID

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Conflict
from hub.observe.logging import configure_logging
from hub.observe.privacy import scrub
from tests.observe.conftest import Written

EMAIL = "jan.jansen@voorbeeld.nl"
PHONES = (
    "+31612345678",
    "+31 6 12 34 56 78",
    "0031-6-12345678",
    "06-12345678",
    "06 - 12 34 56 78",
    "0612345678",
    "(020) 123 45 67",
    "020/1234567",
    "31612345678",
    "+1 (415) 555-2671",
    "06\u201112345678",
    "06\u00a012345678",
)


@pytest.mark.parametrize("phone", PHONES)
def test_phone_number_is_replaced_in_any_spelling(phone: str) -> None:
    assert scrub(f"call {phone}, now") == "call [number], now"
    assert scrub(f"tel{phone}") == "tel[number]"


@pytest.mark.parametrize(
    "address",
    [EMAIL, "j@x", "JAN+nieuws@xn--bcher-kva.example", "jan%40voorbeeld.nl", '"jan jansen"@x.nl', "jos\u00e9@x.nl"],
)
def test_email_address_is_replaced_in_any_spelling(address: str) -> None:
    assert scrub(f"to <{address}>: bounced") == "to <[email]>: bounced"


@pytest.mark.parametrize(
    "harmless",
    [
        "run 6f1c2a9e-0d7b-4c55-9a55-2f64c1f0a1b2 of lane 12",
        "at 2026-03-02T12:00:00+00:00 and 2026-03-02 12:00:00.123456",
        "sha 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "127.0.0.1:5432 after 1500 ms, 12 of 500 pages, 100.25 %",
        "adapters/tryton/pull.py:120 in page",
    ],
)
def test_ids_times_and_small_numbers_stay(harmless: str) -> None:
    assert scrub(harmless) == harmless


@given(digits=st.text("0123456789", min_size=10, max_size=15), seams=st.lists(st.sampled_from(["", " ", "-", "."])))
def test_no_grouping_hides_a_number(digits: str, seams: list[str]) -> None:
    grouped = "".join(
        digit + (seams[at] if at < len(seams) and at < len(digits) - 1 else "") for at, digit in enumerate(digits)
    )
    assert not any(part.isdigit() and len(part) > 7 for part in scrub(f"x {grouped} y").split())
    assert "[number]" in scrub(f"x {grouped} y")


def test_secrets_in_texts_are_replaced() -> None:
    assert scrub("Authorization: Bearer abc.def") == "Authorization: [token]"
    assert scrub("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln!") == "got [token]!"
    assert scrub("postgresql://hub:geheim@db.example/hub") == "postgresql://hub:[email]/hub"


def test_message_and_values_are_scrubbed(written: Written) -> None:
    log = structlog.get_logger("hub.test")
    log.info(f"mail to {EMAIL} bounced", reason=f"called {PHONES[0]}", count=31612345678, system=EMAIL)
    (line,) = written.lines
    assert line["event"] == "mail to [email] bounced"
    assert (line["reason"], line["count"], line["system"]) == ("called [number]", "[number]", "[email]")


def test_value_of_an_unlisted_key_is_withheld(written: Written) -> None:
    structlog.get_logger("hub.test").info("corrected", last_name="Jansen", born=1970, customer={"name": "Jansen"})
    (line,) = written.lines
    assert (line["last_name"], line["born"], line["customer"]) == ("[withheld]",) * 3
    assert "Jansen" not in written.text


def test_object_under_a_listed_key_is_withheld(written: Written) -> None:
    structlog.get_logger("hub.test").info("read", entity={"name": "Jansen"}, outcome=[EMAIL, 3, {"name": "Jansen"}])
    (line,) = written.lines
    assert line["entity"] == "[withheld]"
    assert line["outcome"] == ["[email]", 3, "[withheld]"]


def test_personal_key_is_not_written(written: Written) -> None:
    structlog.get_logger("hub.test").info("odd", **{EMAIL: 1, PHONES[0]: 2, "Jan Jansen": 3})
    (line,) = written.lines
    assert line["[withheld]"] == "[withheld]"
    assert EMAIL not in written.text
    assert PHONES[0] not in written.text
    assert "Jansen" not in written.text


def test_ids_and_times_keep_their_value(written: Written) -> None:
    run = UUID("6f1c2a9e-0d7b-4c55-9a55-2f64c1f0a1b2")
    structlog.get_logger("hub.test").info(
        "done", run_id=run, retry_at=datetime(2026, 3, 2, 12, tzinfo=UTC), count=500, duration_s=1.5, customer_id=None
    )
    (line,) = written.lines
    assert line["run_id"] == str(run)
    assert line["retry_at"] == "2026-03-02 12:00:00+00:00"
    assert (line["count"], line["duration_s"], line["customer_id"]) == (500, 1.5, None)


def _fail_with_personal_locals() -> None:
    customer_name = "Jansen"
    email = EMAIL
    try:
        raise KeyError(f"{customer_name} {email}")
    except KeyError as error:
        raise ValueError(f"no customer {customer_name} <{email}> {PHONES[0]}") from error


def test_exception_shows_types_and_places_and_no_text_or_locals(written: Written) -> None:
    try:
        _fail_with_personal_locals()
    except ValueError:
        structlog.get_logger("hub.test").exception("apply failed")
        logging.getLogger("hub.other").exception("apply failed for %s", EMAIL)
    for line, event in zip(written.lines, ("apply failed", "apply failed for [email]"), strict=True):
        assert line["event"] == event
        shown = [row.split(":")[0] for row in str(line["exception"]).splitlines()]
        assert shown[0] == "builtins.ValueError"
        assert shown[-3:] == ["from", "builtins.KeyError", "  tests/observe/test_privacy.py"]
    assert "Jansen" not in written.text
    assert "voorbeeld" not in written.text
    assert PHONES[0] not in written.text


def test_error_that_promises_to_be_safe_shows_its_message_scrubbed(written: Written) -> None:
    structlog.get_logger("hub.test").error("refused", exc_info=Conflict(f"flow 7 moved on, ask {EMAIL}"))
    assert written.lines[0]["exception"] == "hub.errors.Conflict: flow 7 moved on, ask [email]"


def test_members_of_a_group_are_described_without_their_text(written: Written) -> None:
    group = ExceptionGroup(f"for {EMAIL}", [ValueError("Jansen"), Conflict("moved on")])
    structlog.get_logger("hub.test").error("failed", exc_info=group)
    assert str(written.lines[0]["exception"]).splitlines() == [
        "builtins.ExceptionGroup",
        "of which",
        "builtins.ValueError",
        "of which",
        "hub.errors.Conflict: moved on",
    ]


def test_error_as_a_value_shows_its_type(written: Written) -> None:
    structlog.get_logger("hub.test").warning("lost", error=ValueError("Jansen"))
    assert written.lines[0]["error"] == "ValueError"


def test_console_shows_no_more_than_json(restored_logging: None) -> None:
    stream = StringIO()
    configure_logging(as_json=False, stream=stream)
    try:
        _fail_with_personal_locals()
    except ValueError:
        structlog.get_logger("hub.test").exception(f"for {EMAIL}", last_name="Jansen")
    assert "for [email]" in stream.getvalue()
    assert "builtins.KeyError" in stream.getvalue()
    assert "Jansen" not in stream.getvalue()
    assert "voorbeeld" not in stream.getvalue()
