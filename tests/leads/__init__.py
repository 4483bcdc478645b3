"""Leads: states, answers, and what leaves for lead and campaign management."""
