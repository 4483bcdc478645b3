"""Data contracts: what a system's objects were agreed to look like, and what differs from that."""
