"""The controlled change of a flow's cadence: states, parity, gates, cut-over, rollback."""
