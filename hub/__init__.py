"""Contacthub: one customer view and one engine over a company's channels and packages."""

__version__ = "0.1.0"
