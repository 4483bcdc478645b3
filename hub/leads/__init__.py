"""Leads: chances to sell, opened by customers' interest or planned by campaigns, answered and followed up."""
