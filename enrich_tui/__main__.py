"""``enrich-tui`` and ``python -m enrich_tui``."""

from __future__ import annotations

import sys

from enrich_tui.streams import prepare_streams, silence_stdout


def main() -> int:
    """Run the command line; returns the exit code."""
    prepare_streams()
    from enrich_tui.cli import run

    try:
        return run(sys.argv[1:])
    except KeyboardInterrupt:
        from enrich_tui.signals import INTERRUPTED

        return INTERRUPTED
    except BrokenPipeError:
        from enrich_tui.signals import HUNG_UP

        silence_stdout()
        return HUNG_UP
    except Exception as error:  # noqa: BLE001 - its text may be anybody's; it goes to the log and not onto the screen
        return _unforeseen(error)


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
