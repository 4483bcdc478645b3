"""Waterlelie Telecom, a made-up Dutch seller of fibre, television and mobile subscriptions, in three databases.

Every value follows from the seed of a random generator, only dates follow from the day of seeding. Nobody can be
reached by accident: e-mail addresses end in the domains that RFC 2606 reserves, land lines have numbers that no
exchange gives out.
"""
