"""Who is probably the same person: normalised fields, graded comparisons, weights learned without labels, a decision.

Pure but for `blocks.py`, which lets PostgreSQL find the pairs worth comparing.
"""
