"""A decision engine over HTTP: one POST per question, as docs/offers.md describes it."""
