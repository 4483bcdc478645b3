"""What callers may ask: every role has limits, and what hub.yaml leaves out is the role's own."""

from __future__ import annotations

from hub.access.principal import Role
from hub.settings.callers import DEFAULT_CALLERS, CallerLimits, Callers


def test_every_role_has_limits_with_nothing_left_out() -> None:
    assert set(Callers.model_fields) == {role.value for role in Role}
    for role in Role:
        assert None not in DEFAULT_CALLERS.of(role.value).model_dump().values()


def test_what_is_written_counts_and_what_is_left_out_is_the_default() -> None:
    written = Callers(customer=CallerLimits(burst=7))
    assert written.of("customer").model_dump() == DEFAULT_CALLERS.of("customer").model_dump() | {"burst": 7}
    assert written.of("agent") == DEFAULT_CALLERS.of("agent")
