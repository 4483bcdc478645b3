"""Work that survives: a dispatch table that is the truth, Dramatiq that carries it, schedules. Knows no domain."""
