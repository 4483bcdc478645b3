"""Outbound execution (flow 10): leads carried out by mail, letter and call, each delivery at most once."""
