"""Parity of an inbound flow: what two lanes hold at a window, counted, classed and refereed at the source."""

from hub.migration.parity.compare_sides import compare

__all__ = ["compare"]
