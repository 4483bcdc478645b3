"""Scopes decide what a caller may do."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from hub.access.authorise import authorise
from hub.access.principal import SCOPES_OF, Principal, Role, Scope
from hub.errors import Forbidden, Unauthorised
from hub.records.identity import CustomerId
from tests.access.issuing import NOON

ANNA = CustomerId(UUID(int=1))


def _principal(role: Role) -> Principal:
    customer = ANNA if role is Role.CUSTOMER else None
    return Principal("x", SCOPES_OF[role], customer, NOON + timedelta(hours=1), frozenset({role}))


MATRIX = {
    Role.CUSTOMER: {
        Scope.CUSTOMERS_READ,
        Scope.CUSTOMERS_CORRECT,
        Scope.CONSENTS_RECORD,
        Scope.CONTACTS_READ,
        Scope.CONTACTS_CONDUCT,
        Scope.OFFERS_READ,
        Scope.OFFERS_DECIDE,
    },
    Role.AGENT: {
        Scope.CUSTOMERS_READ,
        Scope.CUSTOMERS_CORRECT,
        Scope.CONSENTS_RECORD,
        Scope.OFFERS_READ,
        Scope.OFFERS_DECIDE,
        Scope.OFFERS_EXPLAIN,
        Scope.LEADS_READ,
        Scope.CONTACTS_READ,
        Scope.CONTACTS_CONDUCT,
        Scope.CONTACTS_IDENTIFY,
        Scope.REQUESTS_WORK,
        Scope.MEDIA_REPORT,
        Scope.LEADS_WORK,
        Scope.OUTBOUND_READ,
        Scope.OUTBOUND_CALL,
    },
    Role.SUPERVISOR: {
        Scope.CUSTOMERS_READ,
        Scope.CUSTOMERS_CORRECT,
        Scope.CONSENTS_RECORD,
        Scope.OFFERS_READ,
        Scope.OFFERS_DECIDE,
        Scope.OFFERS_EXPLAIN,
        Scope.LEADS_READ,
        Scope.CONTACTS_READ,
        Scope.CONTACTS_CONDUCT,
        Scope.CONTACTS_IDENTIFY,
        Scope.REQUESTS_WORK,
        Scope.INCIDENTS_DECLARE,
        Scope.MEDIA_REPORT,
        Scope.LEADS_WORK,
        Scope.STEERING_READ,
        Scope.OUTBOUND_READ,
        Scope.OUTBOUND_CALL,
        Scope.OUTBOUND_SETTLE,
    },
    Role.FRONTEND: {
        Scope.CUSTOMERS_READ,
        Scope.CUSTOMERS_CORRECT,
        Scope.CONSENTS_RECORD,
        Scope.OFFERS_READ,
        Scope.OFFERS_DECIDE,
        Scope.OFFERS_EXPLAIN,
        Scope.LEADS_READ,
        Scope.CONTACTS_READ,
        Scope.CONTACTS_CONDUCT,
        Scope.CONTACTS_IDENTIFY,
        Scope.MEDIA_REPORT,
        Scope.LEADS_WORK,
    },
    Role.STEWARD: {
        Scope.CUSTOMERS_READ,
        Scope.CUSTOMERS_CORRECT,
        Scope.CONSENTS_RECORD,
        Scope.OFFERS_READ,
        Scope.OFFERS_DECIDE,
        Scope.OFFERS_EXPLAIN,
        Scope.CUSTOMERS_STEWARD,
        Scope.PRIVACY_HANDLE,
        Scope.AUDIT_READ,
        Scope.LEADS_READ,
        Scope.CONTACTS_READ,
        Scope.FLOWS_READ,
        Scope.SYSTEMS_READ,
        Scope.QUARANTINE_REVEAL,
        Scope.QUARANTINE_READ,
        Scope.QUARANTINE_SETTLE,
        Scope.WORK_READ,
        Scope.WORK_SETTLE,
        Scope.OUTBOUND_READ,
        Scope.OUTBOUND_SETTLE,
    },
    Role.ARCHITECT: {
        Scope.FLOWS_READ,
        Scope.FLOWS_RUN,
        Scope.FLOWS_MIGRATE,
        Scope.FLOWS_APPROVE,
        Scope.SYSTEMS_READ,
        Scope.QUARANTINE_READ,
        Scope.QUARANTINE_SETTLE,
        Scope.WORK_READ,
        Scope.WORK_SETTLE,
        Scope.STEERING_READ,
        Scope.TOKENS_REVOKE,
        Scope.OUTBOUND_READ,
    },
    Role.SYSTEM: {Scope.FLOWS_READ, Scope.FLOWS_RUN, Scope.MEDIA_REPORT},
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("scope", Scope)
def test_each_role_may_do_exactly_what_its_scopes_say(role: Role, scope: Scope) -> None:
    if scope in MATRIX[role]:
        authorise(_principal(role), scope, NOON)
    else:
        with pytest.raises(Forbidden) as refused:
            authorise(_principal(role), scope, NOON)
        assert refused.value.message == f"this needs the scope {scope.value}"


def test_any_token_that_is_still_good_will_do_where_no_scope_is_asked() -> None:
    authorise(_principal(Role.SYSTEM), None, NOON)


def test_expired_token_may_do_nothing_more() -> None:
    for scope in (None, Scope.CUSTOMERS_READ):
        with pytest.raises(Unauthorised) as refused:
            authorise(_principal(Role.AGENT), scope, NOON + timedelta(hours=1))
        assert refused.value.code == "UNAUTHORISED"
