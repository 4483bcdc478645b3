"""Tryton's refusals: the right way to recover, and no personal data in the message."""

from __future__ import annotations

import pytest

from adapters.tryton.connection import Reply
from adapters.tryton.faults import error_of, refusal_of
from adapters.tryton.wire import Fault
from hub.errors import Conflict, HubError, Rejected, Transient, Unauthorised

METHOD = "model.party.party.write"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            'The email address "jan@example.org" for party "Jan de Vries" is not valid.',
            "The email address [...] is not valid.",
        ),
        (
            'You are not allowed to modify the field "City" in record "Jan, Kerkstraat 1\nDelft" of "Party Address".',
            "You are not allowed to modify the field [...].",
        ),
        ('The party "Jan "the man" Jansen" is in use.', "The party [...] is in use."),
        ("De partij “Jan de Vries” is in gebruik.", "De partij [...] is in gebruik."),
        ("Access denied.\nAt date/time: 2026-01-01", "Access denied."),
    ],
)
def test_what_tryton_quotes_is_not_repeated(text: str, shown: str) -> None:
    error = error_of(Fault("UserError", (text, "details")), METHOD)

    assert isinstance(error, Rejected)
    assert error.message == f"Tryton refused {METHOD}: {shown}"


def test_a_warning_shows_its_text_and_not_its_key() -> None:
    error = error_of(Fault("UserWarning", ("key_123", "Are you sure?", "")), METHOD)

    assert error.message == f"Tryton refused {METHOD}: Are you sure?"


def test_an_error_of_the_database_is_not_repeated() -> None:
    error = error_of(Fault("duplicate key: (code)=(jan@example.org)", ("Traceback ...",)), METHOD)

    assert isinstance(error, Rejected)
    assert error.message == f"Tryton failed in {METHOD}; its own log tells why"


@pytest.mark.parametrize(
    ("kind", "recovery"),
    [
        ("ConcurrencyException", Conflict),
        ("LoginException", Unauthorised),
        ("RateLimitException", Transient),
    ],
)
def test_each_kind_of_fault_has_its_recovery(kind: str, recovery: type[HubError]) -> None:
    assert type(error_of(Fault(kind, ("text",)), METHOD)) is recovery


@pytest.mark.parametrize(
    ("status", "recovery"),
    [(401, Unauthorised), (403, Unauthorised), (404, Rejected), (413, Rejected), (422, Rejected), (429, Transient)],
)
def test_each_status_has_its_recovery(status: int, recovery: type[HubError]) -> None:
    assert type(refusal_of(Reply(status, b"", None, None), METHOD)) is recovery


def test_a_good_answer_is_no_refusal() -> None:
    assert refusal_of(Reply(200, b"{}", None, None), METHOD) is None


@pytest.mark.parametrize(("told", "waited"), [(17.0, 17.0), (None, 300.0)])
def test_too_many_requests_waits_as_told_or_for_the_lock_out(told: float | None, waited: float) -> None:
    refusal = refusal_of(Reply(429, b"", None, told), METHOD)

    assert isinstance(refusal, Transient)
    assert refusal.retry_after_s == waited
