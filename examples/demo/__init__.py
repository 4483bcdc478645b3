"""`make demo`: the hub on an embedded PostgreSQL beside a real Tryton."""
