"""Labelled people that never lived: Dutch and international, in households, written down several times with errors."""
