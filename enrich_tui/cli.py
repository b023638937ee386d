"""The command line. Nothing heavy is imported before it is known what is wanted."""

from __future__ import annotations

import argparse
import asyncio
import gc
import io
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from enrich_tui.version import __version__

if TYPE_CHECKING:
    from enrich_tui.config import Config
    from enrich_tui.discovery import Library
    from enrich_tui.events import Sink
    from enrich_tui.pipeline.run import BatchRun

USAGE = 2
"""Exit code where the command line or the configuration cannot be used."""

SIGNALS = {"SIGINT": 130, "SIGTERM": 143, "SIGHUP": 129}
"""Exit code by signal."""

DISPLAYS = ("full", "plain", "json", "none")
STAGE_NAMES = ("audio", "video", "summary", "canvas")
COMMANDS = ("run", "demo", "plan", "status", "doctor")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def _positive(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 64:
        raise argparse.ArgumentTypeError("must be from 1 to 64")
    return number


def _stages(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    wrong = [name for name in names if name not in STAGE_NAMES]
    if wrong or not names:
        raise argparse.ArgumentTypeError(f"choose from {', '.join(STAGE_NAMES)}")
    return names


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="enrich-tui",
        description="Turns recorded sessions into transcripts, chapters, summaries and one-page canvases.",
        epilog="'enrich-tui FOLDER' is short for 'enrich-tui run FOLDER'.",
    )
    parser.add_argument("--version", action="version", version=f"enrich-tui {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    def with_library_options(name: str, help_text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=help_text, description=help_text)
        command.add_argument("--display", choices=DISPLAYS, help="full: the dashboard; plain: lines; json: JSON Lines")
        command.add_argument("--output", type=Path, metavar="DIR", help="all results are below this folder")
        command.add_argument("--workers", type=_positive, metavar="N", help="how many workers, 1 to 64")
        command.add_argument("--stages", type=_stages, metavar="A,B", help=f"only these of {', '.join(STAGE_NAMES)}")
        command.add_argument("--config", type=Path, metavar="FILE", help="use this configuration file")
        return command

    def with_run_options(name: str, help_text: str) -> argparse.ArgumentParser:
        command = with_library_options(name, help_text)
        command.add_argument("--fresh", action="store_true", help="do everything again, whatever is there")
        command.add_argument("--exit-on-complete", action="store_true", help="close the dashboard at the end")
        command.add_argument("--ascii", action="store_true", help="draw with plain characters only")
        return command

    run_command = with_run_options("run", "enrich the sessions of a folder, or one recording")
    run_command.add_argument("path", type=Path, metavar="PATH")
    demo_command = with_run_options("demo", "make a few sample sessions and enrich them")
    demo_command.add_argument("path", type=Path, metavar="DIR", nargs="?", default=Path("enrich-demo"))
    plan_command = with_library_options("plan", "say what a run would do and how long it would take")
    plan_command.add_argument("path", type=Path, metavar="PATH")
    plan_command.add_argument("--fresh", action="store_true", help="as if everything were to be done again")
    status_command = with_library_options("status", "say how the sessions of a folder stand")
    status_command.add_argument("path", type=Path, metavar="PATH")
    commands.add_parser("doctor", help="say what is installed and ready, and what is missing")
    return parser


def run(arguments: Sequence[str]) -> int:
    """Do what the command line says; returns the exit code."""
    arguments = list(arguments)
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
    return _enrich(options)


def _fail(message: str) -> int:
    print(f"enrich-tui: {message}", file=sys.stderr)  # noqa: T201
    return USAGE


def _enrich(options: argparse.Namespace) -> int:
    from enrich_tui.config import ConfigError, load_config
    from enrich_tui.discovery import discover
    from enrich_tui.text import clean

    try:
        config = _overridden(load_config(options.config), options)
    except ConfigError as error:
        return _fail(str(error))
    path: Path = options.path
    shown = clean(str(path))
    if options.command in {"plan", "status"}:
        gc.disable()  # it answers and ends; looking for garbage in a large library takes half of the time
    try:
        if options.command == "demo":
            from enrich_tui.demo import make_library

            print(f"Making sample sessions in {shown} ...", file=sys.stderr)  # noqa: T201
            make_library(path)
        library = discover(path, options.output)
    except FileNotFoundError:
        return _fail(f"there is nothing at {shown}.")
    except OSError:
        return _fail(f"{shown} cannot be read.")
    display = options.display or _display_from_environment()
    if display not in DISPLAYS:
        return _fail(f"ENRICH_DISPLAY is '{clean(display, 40)}'; choose from {', '.join(DISPLAYS)}.")
    if options.command in {"plan", "status"}:
        return _tell(library, config, display, options)
    from enrich_tui.store.owner import NotOwnedError

    try:
        return asyncio.run(_watch(library, config, display, options))
    except NotOwnedError as error:
        return _fail(f"{shown}: {error}")


def _tell(library: Library, config: Config, display: str, options: argparse.Namespace) -> int:
    """Answer ``plan`` or ``status`` on standard output, without a worker and without owning the library."""
    from enrich_tui.display import overview
    from enrich_tui.launch import planned, results_of
    from enrich_tui.model import EnrichmentOptions, Stage
    from enrich_tui.pipeline.plan import standing

    wanted = EnrichmentOptions.of({Stage(name) for name in config.stages})
    if options.command == "plan":
        plan = planned(library, wanted, config, output=options.output, fresh=options.fresh)
        lines = overview.plan_json(plan) if display == "json" else overview.plan_lines(plan)
    else:
        elsewhere = results_of(library, options.output)
        standings = [standing(session, wanted.stages, elsewhere) for session in library.sessions]
        lines = overview.status_json(standings) if display == "json" else overview.status_lines(standings)
    try:
        print("\n".join(lines), flush=True)  # noqa: T201
    except OSError:  # the reader or the whole terminal is gone
        silence_stdout()
    return 0


def _overridden(config: Config, options: argparse.Namespace) -> Config:
    changes: dict[str, object] = {}
    if options.workers:
        changes["workers"] = options.workers
    if options.stages:
        changes["stages"] = options.stages
    if getattr(options, "ascii", False):
        changes["ui"] = config.ui.model_copy(update={"ascii": True})
    return config.model_copy(update=changes)


def _display_from_environment() -> str:
    wanted = os.environ.get("ENRICH_DISPLAY")
    if wanted:
        return wanted
    terminal = sys.stdin.isatty() and sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    return "full" if terminal else "plain"


async def _watch(library: Library, config: Config, display: str, options: argparse.Namespace) -> int:
    from enrich_tui.display.summary import summary_lines
    from enrich_tui.launch import live_run
    from enrich_tui.logs import start_log
    from enrich_tui.model import EnrichmentOptions, Stage

    start_log()
    wanted = EnrichmentOptions.of({Stage(name) for name in config.stages})
    keep_open = display == "full" and not options.exit_on_complete
    running = live_run(library, wanted, config, output=options.output, keep_open=keep_open, fresh=options.fresh)
    async with running as batch:
        if display == "full":
            code = await _dashboard(batch, config, options)
        else:
            code = await _headless(batch, _sink(display))
        results, elapsed = batch.results, batch.elapsed
    if display != "json":
        try:
            print("\n".join(summary_lines(results, elapsed)), flush=True)  # noqa: T201
        except OSError:  # the reader or the whole terminal is gone
            silence_stdout()
    return code


async def _dashboard(batch: BatchRun, config: Config, options: argparse.Namespace) -> int:
    from enrich_tui.tui.app import Dashboard

    app = Dashboard(batch, batch, ui=config.ui, keys=config.keys, exit_on_complete=options.exit_on_complete)
    await app.run_async(mouse=config.ui.mouse)
    return app.return_code or 0


def _sink(display: str) -> Sink:
    if display == "json":
        from enrich_tui.display.json_lines import JsonDisplay

        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")  # as JSON is, whatever the terminal's own encoding
        return JsonDisplay(sys.stdout)
    if display == "plain":
        from enrich_tui.display.plain import PlainDisplay

        return PlainDisplay(sys.stderr)
    return lambda _event: None


async def _headless(batch: BatchRun, sink: Sink) -> int:
    loop = asyncio.get_running_loop()
    for name, code in SIGNALS.items():
        number = getattr(signal, name, None)
        if number is not None and os.name != "nt":
            loop.add_signal_handler(number, batch.stop, code)

    def guarded(event: object) -> None:
        try:
            sink(event)  # type: ignore[arg-type]
        except OSError:  # the reader or the whole terminal is gone
            silence_stdout()
            batch.stop(SIGNALS["SIGHUP"])

    return await batch.run(guarded)


def silence_stdout() -> None:
    """The reader is gone: let the interpreter's own last flush go nowhere instead of failing."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
