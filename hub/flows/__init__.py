"""The engine: runs that pull pages, apply, quarantine, sweeps, and outbound sending."""
