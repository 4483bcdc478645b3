"""May this caller do this, and see this one?"""

from __future__ import annotations

from datetime import datetime

from hub.access.principal import Principal, Scope
from hub.errors import Forbidden, Unauthorised
from hub.records.identity import CustomerId


def authorise(principal: Principal, scope: Scope | None, now: datetime) -> None:
    """Raise Unauthorised once the token has expired (a subscription outlives it), Forbidden when it lacks `scope`.

    None asks for no more than a token that is still good.
    """
    if principal.expires_at <= now:
        raise Unauthorised("the token has expired; log in again")
    if scope is not None and scope not in principal.scopes:
        raise Forbidden(f"this needs the scope {scope.value}")


def may_see_customer(principal: Principal, customer_id: CustomerId) -> bool:
    """The rule for one row, where no statement can hold it; after a merge compare current ids."""
    if Scope.CUSTOMERS_READ not in principal.scopes:
        return False
    return principal.customer is None or principal.customer == customer_id
