"""The golden customer: recognition, survivorship, corrections, and what belongs to the customer."""
