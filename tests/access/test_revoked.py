"""Which tokens a list of revocations ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hub.access.principal import Principal, Role
from hub.access.revoked import Revocation, Revoked
from hub.errors import Unauthorised

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EVA = Principal(
    "eva", frozenset(), None, NOON + timedelta(hours=1), frozenset({Role.AGENT}), token_id="t-1", issued_at=NOON
)
LATER = NOON + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("entries", "holds"),
    [
        ([], True),
        ([Revocation("t-1", None, None)], False),
        ([Revocation("t-2", None, None)], True),
        ([Revocation(None, "eva", NOON)], True),
        ([Revocation(None, "eva", LATER)], False),
        ([Revocation(None, "ben", LATER)], True),
        ([Revocation(None, "eva", LATER), Revocation(None, "eva", NOON)], False),
        ([Revocation(None, "eva", NOON), Revocation(None, "eva", LATER)], False),
    ],
)
def test_a_token_holds_unless_it_or_its_subject_was_revoked(entries: list[Revocation], holds: bool) -> None:
    revoked = Revoked()
    revoked.replace(entries)
    assert revoked.holds(EVA) is holds


def test_a_token_that_does_not_say_when_it_was_issued_counts_as_old() -> None:
    revoked = Revoked()
    revoked.replace([Revocation(None, "eva", NOON)])
    with pytest.raises(Unauthorised, match="revoked"):
        revoked.check(replace(EVA, issued_at=None))


def test_a_token_without_an_id_is_not_the_one_that_was_revoked() -> None:
    revoked = Revoked()
    revoked.replace([Revocation(None, "ben", NOON)])
    assert revoked.holds(replace(EVA, token_id=None))
