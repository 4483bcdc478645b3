"""Programs the hub starts for itself: a PostgreSQL of its own, and any other that must never outlive it."""
