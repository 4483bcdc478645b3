"""Serve the simulated decision engine: python -m examples.decision_engine fibre-1000=0.4 tv-complete=0.1 --port 9100"""

from __future__ import annotations

import argparse
import os

import uvicorn

from examples.decision_engine.app import Simulator


def main() -> None:
    """Propose what the arguments say until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m examples.decision_engine", description=__doc__)
    parser.add_argument("propensities", nargs="+", metavar="NAME=P", help="a proposition and its chance")
    parser.add_argument("--port", type=int, default=9100)
    parser.add_argument("--delay-ms", type=float, default=0, help="wait so long before each answer")
    options = parser.parse_args()
    named = dict(pair.split("=", 1) for pair in options.propensities)
    simulator = Simulator(
        {name: float(propensity) for name, propensity in named.items()},
        os.environ.get("DECISION_ENGINE_TOKEN"),
        options.delay_ms / 1000,
    )
    uvicorn.run(simulator.app(), host="127.0.0.1", port=options.port, log_level="warning")


if __name__ == "__main__":
    main()
