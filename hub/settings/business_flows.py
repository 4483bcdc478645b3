"""The twelve information flows between channels, sales and marketing that a company's flows are instances of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

BUSINESS_FLOWS: Final[Mapping[int, str]] = {
    1: "Contact registration",
    2: "Customer view",
    3: "Next best actions",
    4: "Request hand-over",
    5: "Contact events",
    6: "Request execution",
    7: "Request status",
    8: "View update",
    9: "Outbound leads",
    10: "Lead execution",
    11: "Lead response",
    12: "Wrap-up",
}
