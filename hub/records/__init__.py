"""Canonical records: the contract between adapters and the hub's rooms. Frozen, validated, package-neutral."""
