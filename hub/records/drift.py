"""The words of data contracts: how an object can differ from what was agreed, and what then happens to it."""

from enum import StrEnum


class DriftKind(StrEnum):
    """How an object differs from its contract. MISSING_FIELD: a required one is absent or null."""

    NEW_FIELD = "NEW_FIELD"
    MISSING_FIELD = "MISSING_FIELD"
    CHANGED_TYPE = "CHANGED_TYPE"
    UNKNOWN_VALUE = "UNKNOWN_VALUE"


class DriftPolicy(StrEnum):
    """What happens to what differs; the names are dlt's (https://dlthub.com/docs/general-usage/schema-contracts).

    EVOLVE: it is taken as it is. FREEZE: the run stops before anything of the page is applied. DISCARD_ROW: the object
    waits in quarantine. DISCARD_VALUE: the value is left out and the rest is taken.
    """

    EVOLVE = "EVOLVE"
    FREEZE = "FREEZE"
    DISCARD_ROW = "DISCARD_ROW"
    DISCARD_VALUE = "DISCARD_VALUE"
