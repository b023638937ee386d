"""``enrich-tui`` and ``python -m enrich_tui``."""

from __future__ import annotations

import io
import os
import sys


def main() -> int:
    """Run the command line; returns the exit code."""
    _prepare_streams()
    from enrich_tui.cli import run

    try:
        return run(sys.argv[1:])
    except KeyboardInterrupt:
        from enrich_tui.signals import INTERRUPTED

        return INTERRUPTED
    except BrokenPipeError:
        from enrich_tui.show import silence_stdout
        from enrich_tui.signals import HUNG_UP

        silence_stdout()
        return HUNG_UP
    except Exception as error:  # noqa: BLE001 - its text may be anybody's; it goes to the log and not onto the screen
        return _unforeseen(error)


def _prepare_streams() -> None:
    """Where the caller has closed a standard stream, nothing takes its number, and what is written there is lost.

    Characters that an open one cannot take become question marks.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _unforeseen(error: Exception) -> int:
    import logging

    from enrich_tui.logs import start_log
    from enrich_tui.text import clean

    file = start_log()
    logging.getLogger("enrich_tui").error("The program ended in an unforeseen way.", exc_info=error)
    told = f"enrich-tui: something went wrong inside the program; {clean(str(file))} has the details."
    print(told, file=sys.stderr)  # noqa: T201
    return 1


if __name__ == "__main__":
    sys.exit(main())
