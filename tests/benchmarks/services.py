"""The three services beside what one would use else, in one go: ``python -m tests.benchmarks.services [--quick]``.

First all figures, see :mod:`tests.benchmarks.pool`, :mod:`tests.benchmarks.events`, :mod:`tests.benchmarks.breaker`;
then what was aimed at and whether it was reached. What they are compared to: ``pip install -e ".[bench]"``.
"""

from __future__ import annotations

import argparse
import asyncio

from tests.benchmarks import breaker, events, pool
from tests.benchmarks.peers import missing
from tests.benchmarks.targets import summary


def main() -> None:
    """As a command."""
    parser = argparse.ArgumentParser(description="The three services beside what one would use else.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and the slowest comparison left out")
    options = parser.parse_args()
    print("# Worker pool\n")
    pool.report(3 if options.quick else 9, collector=False)
    if not options.quick:
        pool.many_of_the_others()
    print("\n# Progress events\n")
    asyncio.run(events.report())
    print("\n# Circuit breaker\n")
    asyncio.run(breaker.report())
    print(f"\n# Targets\n\n{summary()}\n{missing()}")


if __name__ == "__main__":
    main()
