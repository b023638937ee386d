"""The command line. Nothing heavy is imported before it is known what is wanted."""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from enrich_tui.streams import can_draw, print_lines
from enrich_tui.version import __version__

if TYPE_CHECKING:
    from enrich_tui.config import Config
    from enrich_tui.discovery import Library
    from enrich_tui.display.view import RunView

USAGE = 2
"""Exit code where the command line or the configuration cannot be used."""

DISPLAYS = ("full", "plain", "json", "none")
STAGE_NAMES = ("audio", "video", "summary", "canvas")
REPORTS = (".md", ".html", ".json")
WISHES = ("output", "only", "fresh", "retry", "exit_on_complete", "follow", "take_over")
"""Options that go to the run as they are."""
_NAMED = 20
"""Sessions that the summary names on a terminal, with results and otherwise; it counts the others."""
COMMANDS = ("run", "demo", "plan", "status", "search", "index", "replay", "schema", "config", "doctor")

_SEARCH = "find words in what was made of the sessions of a folder, and in their notes"
_INDEX = "write a page that lists the sessions of a folder and leads to their canvases"
_SEARCH_EPILOG = """A word is found where a word begins with it, in any case, with or without accents. Several words are
found near each other; a phrase in quotes as it stands. With --json, each hit is a line with session, title,
started_at, output, in (title, summary, chapter, speech, note, screen), start and end (seconds of the recording, or
null), text, and marks (from and to, in characters); the last line, of type found, has hits, sessions and searched.
The exit code is 0 where something was found, 1 where nothing was."""


class _UsageError(Exception):
    """The command line or the configuration cannot be used; the text says why."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def _positive(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 64:
        raise argparse.ArgumentTypeError("must be from 1 to 64")
    return number


def _most(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _speed(text: str) -> float:
    if text == "max":
        return math.inf
    number = float(text)
    if not 0.25 <= number <= 1000:
        raise argparse.ArgumentTypeError("must be from 0.25 to 1000, or max")
    return number


def _stages(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    wrong = [name for name in names if name not in STAGE_NAMES]
    if wrong or not names:
        raise argparse.ArgumentTypeError(f"choose from {', '.join(STAGE_NAMES)}")
    return names


def _path(text: str) -> Path:
    """A path in which ``~`` is the user's own folder, also where the shell says nothing of it (Windows)."""
    path = Path(text)
    return path.expanduser() if path.parts[:1] == ("~",) else path


def _report(text: str) -> Path:
    path = _path(text)
    if path.suffix.lower() not in REPORTS:
        raise argparse.ArgumentTypeError(f"its name must end in {', '.join(REPORTS)}")
    return path


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="enrich-tui",
        description="Turns recorded sessions into transcripts, chapters, summaries and one-page canvases.",
        epilog="'enrich-tui FOLDER' is short for 'enrich-tui run FOLDER'.",
    )
    parser.add_argument("--version", action="version", version=f"enrich-tui {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    def with_display_options(name: str, help_text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=help_text, description=help_text)
        command.add_argument("--display", choices=DISPLAYS, help="full: the dashboard; plain: lines; json: JSON Lines")
        command.add_argument("--config", type=_path, metavar="FILE", help="use this configuration file")
        return command

    def with_places(command: argparse.ArgumentParser) -> None:
        command.add_argument("--output", type=_path, metavar="DIR", help="all results are below this folder")
        command.add_argument(
            "--only", action="append", default=[], metavar="TEXT", help="only what has this in its name; repeatable"
        )

    def with_library_options(name: str, help_text: str) -> argparse.ArgumentParser:
        command = with_display_options(name, help_text)
        with_places(command)
        command.add_argument("--workers", type=_positive, metavar="N", help="how many workers, 1 to 64")
        command.add_argument("--stages", type=_stages, metavar="A,B", help=f"only these of {', '.join(STAGE_NAMES)}")
        return command

    def with_run_options(name: str, help_text: str) -> argparse.ArgumentParser:
        command = with_library_options(name, help_text)
        command.add_argument("--fresh", action="store_true", help="do everything again, whatever is there")
        command.add_argument("--retry", action="store_true", help="try again what failed for good before, too")
        command.add_argument(
            "--report", type=_report, metavar="FILE", help=f"write a report at the end: {', '.join(REPORTS)}"
        )
        command.add_argument(
            "--watch", action="store_true", help="stay, and take up new recordings when they are finished"
        )
        another = command.add_mutually_exclusive_group()
        another.add_argument("--follow", action="store_true", help="only show the run of the program that works there")
        another.add_argument(
            "--take-over", action="store_true", help="where another program works, wait for it, then go on"
        )
        return with_dashboard_options(command)

    def with_dashboard_options(command: argparse.ArgumentParser) -> argparse.ArgumentParser:
        command.add_argument("--exit-on-complete", action="store_true", help="close the dashboard at the end")
        command.add_argument("--ascii", action="store_true", help="draw with plain characters only")
        return command

    run_command = with_run_options("run", "enrich the sessions of a folder, or one recording")
    run_command.add_argument("path", type=_path, metavar="PATH")
    demo_command = with_run_options("demo", "make a few sample sessions and enrich them")
    demo_command.add_argument("path", type=_path, metavar="DIR", nargs="?", default=Path("enrich-demo"))
    plan_command = with_library_options("plan", "say what a run would do and how long it would take")
    plan_command.add_argument("path", type=_path, metavar="PATH")
    plan_command.add_argument("--fresh", action="store_true", help="as if everything were to be done again")
    plan_command.add_argument("--retry", action="store_true", help="as if what failed for good were tried again")
    status_command = with_library_options("status", "say how the sessions of a folder stand")
    status_command.add_argument("path", type=_path, metavar="PATH")
    search_command = commands.add_parser("search", help=_SEARCH, description=_SEARCH, epilog=_SEARCH_EPILOG)
    search_command.add_argument("path", type=_path, metavar="FOLDER")
    search_command.add_argument("words", nargs="+", metavar="WORD", help="all of them, near each other")
    with_places(search_command)
    search_command.add_argument("--json", action="store_true", help="JSON Lines, for programs")
    search_command.add_argument(
        "--most", type=_most, metavar="N", help="hits shown of a session; 3 by default, all of them with --json"
    )
    index_command = commands.add_parser("index", help=_INDEX, description=_INDEX)
    index_command.add_argument("path", type=_path, metavar="FOLDER")
    with_places(index_command)
    index_command.add_argument("--to", type=_path, metavar="FILE", help="where; by default index.html in DIR or FOLDER")
    replay_command = with_dashboard_options(with_display_options("replay", "show a recorded run again"))
    replay_command.add_argument(
        "path", metavar="FILE", help="its JSON Lines, or the library of which it was the last run; - for standard input"
    )
    replay_command.add_argument("--speed", type=_speed, default=1.0, metavar="N", help="0.25 to 1000 times, or max")
    commands.add_parser("schema", help="print the JSON Schema of the lines that --display json writes")
    commands.add_parser("config", help="print a configuration file with all settings and their defaults")
    commands.add_parser("doctor", help="say what is installed and ready, and what is missing")
    return parser


def run(arguments: Sequence[str]) -> int:
    """Do what the command line says; returns the exit code."""
    arguments = list(arguments)
    if arguments and arguments[0].partition("=")[0] == "--replay":
        arguments[:1] = ["replay", *arguments[0].split("=", 1)[1:]]
    if arguments and not arguments[0].startswith("-") and arguments[0] not in COMMANDS:
        arguments.insert(0, "run")
    parser = _parser()
    try:
        options = parser.parse_args(arguments)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else USAGE
    if options.command is None:
        parser.print_help()
        return USAGE
    if options.command == "doctor":
        from enrich_tui.doctor import examine

        return examine(sys.stdout)
    if options.command == "config":
        from enrich_tui import settings
        from enrich_tui.tui import keys

        return _print(settings.lines((one.id or "", one.key, one.tooltip) for one in keys.ALL))
    if options.command == "schema":
        from enrich_tui.display.json_lines import schema

        return _print([json.dumps(schema(), indent=1)])
    try:
        match options.command:
            case "replay":
                return _replay(options)
            case "search":
                return _search(options)
            case "index":
                return _index(options)
            case _:
                return _enrich(options)
    except _UsageError as error:
        return _fail(str(error))


def _print(lines: Iterable[str]) -> int:
    print_lines(lines)
    return 0


def _fail(message: str) -> int:
    print(f"enrich-tui: {message}", file=sys.stderr)  # noqa: T201
    return USAGE


def _enrich(options: argparse.Namespace) -> int:
    gc.disable()  # plan and status answer and end, a run enables it: imports and a large library are no garbage
    from enrich_tui.discovery import check, discover
    from enrich_tui.text import clean

    config, display = _configured(options)
    path: Path = options.path
    if options.command == "demo":
        from enrich_tui.demo import make_library

        print(f"Making sample sessions in {clean(str(path))} ...", file=sys.stderr)  # noqa: T201
        with _readable(path):
            make_library(path)
    with _readable(path):
        check(path)
    if options.command in {"plan", "status"}:
        return _tell(discover(path, options.output, options.only), config, display, options)
    return _work(path, config, display, options)


def _search(options: argparse.Namespace) -> int:
    from enrich_tui.discovery import discover
    from enrich_tui.search import Query
    from enrich_tui.searching import search

    query = Query.of(options.words)
    if not query:
        raise _UsageError("there is no word to look for.")
    gc.disable()  # it answers and ends
    with _readable(options.path):
        library = discover(options.path, options.output, options.only)
    return search(library, options.output, query, as_json=options.json, most=options.most)


def _index(options: argparse.Namespace) -> int:
    from enrich_tui.discovery import discover
    from enrich_tui.indexing import index

    with _readable(options.path):
        library = discover(options.path, options.output, options.only)
    return index(library, options.output, options.to)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Say where there is nothing at a path, or it cannot be read. Raises :class:`_UsageError`."""
    from enrich_tui.text import clean

    try:
        yield
    except FileNotFoundError:
        raise _UsageError(f"there is nothing at {clean(str(path))}.") from None
    except OSError:
        raise _UsageError(f"{clean(str(path))} cannot be read.") from None


def _work(path: Path, config: Config, display: str, options: argparse.Namespace) -> int:
    import asyncio

    from enrich_tui.display.summary import summary_lines
    from enrich_tui.store.owner import NotOwnedError
    from enrich_tui.text import clean
    from enrich_tui.working import work

    wishes = {name: getattr(options, name) for name in WISHES}
    try:
        code, batch, view = asyncio.run(work(path, config, display, seen=options.report is not None, **wishes))
    except NotOwnedError as error:
        return _fail(f"{clean(str(path))}: {error}")
    if batch is not None and display != "json":
        most = _NAMED if sys.stdout.isatty() else None
        lines = summary_lines(batch.results, batch.elapsed, batch.predicted, most=most)
        _print(lines if most is None else [*lines[1:], lines[0]])  # of many lines a terminal shows the last
    if view is not None and not _save_report(view, options.report):
        return code or 1
    return code


def _save_report(view: RunView, path: Path) -> bool:
    from enrich_tui.display.export import FORMATS
    from enrich_tui.store.outputs import write_text
    from enrich_tui.text import clean

    try:
        write_text(path, FORMATS[path.suffix[1:].lower()](view))
    except OSError:
        _fail(f"no report could be written to {clean(str(path))}.")
        return False
    return True


def _tell(library: Library, config: Config, display: str, options: argparse.Namespace) -> int:
    """Answer ``plan`` or ``status`` on standard output, without a worker and without owning the library."""
    from enrich_tui.display import overview
    from enrich_tui.model import EnrichmentOptions, Stage
    from enrich_tui.pipeline.adopt import Elsewhere
    from enrich_tui.pipeline.plan import plan_run, standing
    from enrich_tui.store.history import history_path, load_history

    wanted = EnrichmentOptions.of({Stage(name) for name in config.stages})
    elsewhere = Elsewhere(library.root, options.output, library.sessions)
    if options.command == "plan":
        plan = plan_run(
            library.sessions,
            wanted,
            config.stage,
            workers=config.worker_count,
            cpu_slots=os.cpu_count() or 1,
            history=load_history(history_path()),
            fresh=options.fresh,
            retry=options.retry,
            elsewhere=elsewhere,
        )
        lines = overview.plan_json(plan) if display == "json" else overview.plan_lines(plan)
    else:
        standings = [standing(session, wanted.stages, elsewhere) for session in library.sessions]
        lines = overview.status_json(standings) if display == "json" else overview.status_lines(standings)
    return _print(lines)


def _replay(options: argparse.Namespace) -> int:
    from enrich_tui.replaying import STANDARD_INPUT, replay
    from enrich_tui.sources.recording import RecordingError
    from enrich_tui.text import clean

    piped = options.path == STANDARD_INPUT
    config, display = _configured(options, keyboard=piped or sys.stdin.isatty())
    shown = "standard input" if piped else clean(options.path)
    place = options.path if piped else str(_path(options.path))
    try:
        return replay(place, options.speed, display, config, exit_on_complete=options.exit_on_complete)
    except RecordingError as error:
        return _fail(f"{shown}: {error}")
    except FileNotFoundError:
        return _fail(f"there is nothing at {shown}.")
    except OSError:
        return _fail(f"{shown} cannot be read.")


def _configured(options: argparse.Namespace, *, keyboard: bool | None = None) -> tuple[Config, str]:
    """The configuration and the display that are wanted. Raises :class:`_UsageError`.

    ``keyboard``: whether there is one; None: found out.
    """
    from enrich_tui.config import ConfigError, load_config
    from enrich_tui.text import clean

    try:
        config = _overridden(load_config(options.config), options)
    except ConfigError as error:
        raise _UsageError(str(error)) from None
    if config.watch.on and getattr(options, "exit_on_complete", False) and options.command != "replay":
        raise _UsageError("watching goes on until you leave, so --exit-on-complete cannot be used with it.")
    keyboard = sys.stdin.isatty() if keyboard is None else keyboard
    on_terminal = keyboard and can_draw(os.environ)
    display: str = options.display or os.environ.get("ENRICH_DISPLAY") or ("full" if on_terminal else "plain")
    if display not in DISPLAYS:
        raise _UsageError(f"ENRICH_DISPLAY is '{clean(display, 40)}'; choose from {', '.join(DISPLAYS)}.")
    if display == "full" and not on_terminal:
        print("enrich-tui: the dashboard needs a terminal; here are lines instead.", file=sys.stderr)  # noqa: T201
        display = "plain"
    return config, display


def _overridden(config: Config, options: argparse.Namespace) -> Config:
    changes: dict[str, object] = {}
    if getattr(options, "workers", None):
        changes["workers"] = options.workers
    if getattr(options, "stages", None):
        changes["stages"] = options.stages
    if getattr(options, "ascii", False):
        changes["ui"] = config.ui.model_copy(update={"ascii": True})
    if getattr(options, "watch", False):
        changes["watch"] = config.watch.model_copy(update={"on": True})
    return config.model_copy(update=changes)
