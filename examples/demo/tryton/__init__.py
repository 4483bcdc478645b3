"""A real Tryton 8.2 as CRM, lead and campaign management, for the demo and the tests.

Tryton is GPL: it is installed in an environment of its own, runs as a process of its own and is never imported here.
"""
