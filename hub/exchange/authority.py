"""One line for all who act under a flow's authority and whoever moves it.

Who shares a row lets others share it past one who waits to have it alone, for ever if they overlap: a cut-over would
wait as long as there is load. An advisory lock has one line for all, so it is taken before the flow's row by every page
and command, who share it, and by whoever moves authority. Parameter: flow.
"""

from __future__ import annotations

from typing import Final

AFTER_CUT_OVERS: Final = "pg_advisory_xact_lock_shared(hashtext('contacthub.flow'), hashtext(:flow))"
BEFORE_PAGES: Final = "pg_advisory_xact_lock(hashtext('contacthub.flow'), hashtext(:flow))"

HOLD_FLOW: Final = f"""
WITH turn AS MATERIALIZED (SELECT {AFTER_CUT_OVERS})
SELECT f.planned, f.target, f.epoch FROM turn CROSS JOIN information_flow f WHERE f.name = :flow FOR SHARE OF f"""  # noqa: S608  constants of ours
"""The flow as it is now, held against a cut-over until the transaction ends; what goes with its epoch (lanes, modes) is
read by a later statement: one that waited for a cut-over while it read them would still see them from before."""
