"""A SIMULATED decision engine: it stands in for a campaign management that ranks live, which none does that we can run.

It speaks the protocol of docs/offers.md and knows nothing of customers: it proposes what it was started with.
"""
