"""Every key of the dashboard. Each has an id, by which the ``[keys]`` of the configuration file give it other keys."""

from __future__ import annotations

from collections.abc import Mapping

from textual.binding import Binding


def key(ident: str, keys: str, action: str, label: str, tooltip: str, *, priority: bool = False) -> Binding:
    """A binding with everything that it must have."""
    return Binding(keys, action, label, id=ident, tooltip=tooltip, show=False, priority=priority)


TABLE = [
    key("up", "up,k", "up", "up", "Move to the session above"),
    key("down", "down,j", "down", "down", "Move to the session below"),
    key("page-up", "pageup", "page_up", "page up", "Move one screenful up"),
    key("page-down", "pagedown", "page_down", "page down", "Move one screenful down"),
    key("first", "home,g", "first", "first", "Move to the first line and stay there, whichever session comes to it"),
    key("last", "end,G", "last", "last", "Move to the last session"),
    key("open", "enter", "open", "open", "Open the details of the selected session"),
]

ERRORS = [
    key("errors-up", "up,k", "up", "up", "Move to the error above"),
    key("errors-down", "down,j", "down", "down", "Move to the error below"),
    key("errors-open", "enter", "open", "open", "Open the selected error, with all sessions that it befell"),
]

MAIN = [
    key("retry", "r", "retry", "retry", "Run the selected or marked sessions again, from the stage that failed"),
    key("retry-all", "R", "retry_all", "retry all", "Run all failed sessions again, from the stage that failed"),
    key("restart", "w", "restart", "restart", "Restart all workers that are in error"),
    key("workers", "W", "workers", "workers", "Open the worker menu: restart one, add one, remove one"),
    key("cancel", "x", "cancel", "cancel", "Cancel the selected or marked sessions"),
    key("cancel-all", "X", "cancel_all", "cancel all", "Cancel everything that is not finished; asks first"),
    key("pause", "space", "pause", "pause", "Take no new work, or take it again; running stages finish"),
    key("more-workers", "plus", "more_workers", "add worker", "One worker more"),
    key("fewer-workers", "minus", "fewer_workers", "remove worker", "One worker less, when it has finished its stage"),
    key("take-over", "T", "take_over", "take over", "Go on here with the work of another program, when it is gone"),
    key("earlier", "u", "earlier", "earlier", "Move the selected queued session up in the queue"),
    key("later", "d", "later", "later", "Move the selected queued session down in the queue"),
    key("front", "U", "front", "to the front", "Move the selected queued session to the front of the queue"),
    key("rear", "D", "rear", "to the end", "Move the selected queued session to the end of the queue"),
    key("filter", "slash", "filter", "filter", "Filter: text, state:failed, stage:video, worker:2, or several of them"),
    key("find", "f", "find", "find", "Find words in what was said, shown and noted in all sessions"),
    key("next", "n", "next", "next", "Next session that fits the filter; without a filter the next that failed"),
    key("previous", "N", "previous", "previous", "Previous session that fits the filter, or that failed"),
    key("clear", "escape", "clear", "clear", "Clear the filter, then the marks"),
    key(
        "sort", "s", "sort", "sort", "Choose what to sort by: state, name, a stage, worker, time, eta, queue and others"
    ),
    key("reverse", "S", "reverse", "reverse", "Reverse the order"),
    key("mark", "m", "mark", "mark", "Mark the selected session, or unmark it"),
    key("mark-all", "asterisk", "mark_all", "mark all", "Mark all sessions that are shown, or unmark them"),
    key("hide", "h", "hide", "hide finished", "Hide the finished sessions, or show them again"),
    key("freeze", "p", "freeze", "freeze", "Freeze the view, to read or copy; the work goes on"),
    key("errors", "e", "errors", "errors", "Open the list of errors"),
    key("log", "L", "log", "log", "Open the log of this run"),
    key("result", "o", "result", "open result", "Open the result of the selected session: its canvas, or its folder"),
    key("copy", "y", "copy", "copy", "Copy the selected session or error to the clipboard"),
    key("copy-report", "Y", "copy_report", "copy report", "Copy a report of the whole run to the clipboard"),
    key("export", "E", "export", "export", "Write a report of the whole run to a file: Markdown, HTML or JSON"),
    key("next-panel", "tab", "next_panel(1)", "next panel", "Go to the next panel: sessions, errors"),
    key("previous-panel", "shift+tab", "next_panel(-1)", "previous panel", "Go to the previous panel"),
]

PLAYER = [
    key(
        "replay-pause", "space", "play", "pause", "Let the recording stand still, or go on; at its end, from its start"
    ),
    key("replay-slower", "minus", "slower", "slower", "Play the recording slower"),
    key("replay-faster", "plus", "faster", "faster", "Play the recording faster"),
    key("replay-back", "left", "seek(-1)", "back", "Go back in the recording, by a twentieth of its length"),
    key("replay-forward", "right", "seek(1)", "forward", "Go forward in the recording, by a twentieth of its length"),
    key("replay-step", "full_stop", "step", "step", "Stand still, one event further"),
]
"""What a recorded run has in place of the keys that are on the same places."""

READER = [
    key("line-up", "up,k", "scroll_up", "up", "One line up"),
    key("line-down", "down,j", "scroll_down", "down", "One line down"),
    key("read-page-up", "pageup", "page_up", "page up", "One screenful up"),
    key("read-page-down", "pagedown,space", "page_down", "page down", "One screenful down"),
    key("read-first", "home,g", "scroll_home", "start", "To the start"),
    key("read-last", "end,G", "last", "end", "To the end"),
]

READER_SCREEN = [
    key("back", "escape,q", "back", "back", "Back to the dashboard"),
    key("copy-text", "y", "copy_all", "copy", "Copy this text to the clipboard, or what is selected with the mouse"),
    key("reader-help", "question_mark,f1", "app.help", "help", "The keys of this screen"),
]

FIND_HERE = [
    key("find-here", "slash", "find_here", "find", "Find text here; enter keeps it, escape gives it up"),
    key("next-place", "n", "find_step(1)", "next", "The next place where the text was found"),
    key("previous-place", "N", "find_step(-1)", "previous", "The place before"),
]

FOUND_HERE = [
    key("forget-text", "escape", "forget", "clear", "Look for the text no longer; where nothing is looked for: back"),
]

DETAILS = [
    key("section-next", "right,tab", "turn(1)", "next section", "The next section"),
    key("section-previous", "left,shift+tab", "turn(-1)", "previous", "The section before"),
    key("section-1", "1", "section(0)", "overview", "How the stages went"),
    key("section-2", "2", "section(1)", "chapters", "The chapters"),
    key("section-3", "3", "section(2)", "summary", "The summary"),
    key("section-4", "4", "section(3)", "transcript", "The transcript"),
    key("details-retry", "r", "retry", "retry", "Run this session again, from the stage that failed"),
    key("details-result", "o", "result", "open result", "Open its canvas, or its folder"),
]

HITS = [
    key("hit-up", "up,k", "up", "up", "The hit above"),
    key("hit-down", "down,j", "down", "down", "The hit below"),
    key("hit-page-up", "pageup", "page_up", "page up", "One screenful up"),
    key("hit-page-down", "pagedown,space", "page_down", "page down", "One screenful down"),
    key("hit-first", "home,g", "first", "first", "The first hit"),
    key("hit-last", "end,G", "last", "last", "The last hit"),
    key("hit-open", "enter", "open", "read", "Read what is around the selected hit"),
]

FIND = [
    key("hit-result", "o", "result", "open canvas", "Open the canvas of its session at that moment"),
    key("find-words", "slash", "words", "other words", "Look for other words"),
]

TRACE = [
    key("trace", "b", "trace", "traceback", "Show what the log says of it, with the traceback, or hide it again"),
]

OPEN_ERRORS = [
    key("retry", "r", "retry", "retry these", "Run the sessions of these errors again, from the stage that failed"),
    key("retry-all", "R", "retry_all", "retry all", "Run all failed sessions again, from the stage that failed"),
    key("restart", "w", "restart", "restart workers", "Restart all workers that are in error"),
]
"""What the advice on the list of errors names: with the ids, and so with the keys, that the dashboard has for it."""

LOG = [
    key("log-filter", "slash", "filter", "filter", "Show only the lines with these words; level:warning, level:error"),
    key("log-follow", "f", "follow", "follow", "Follow the run to the newest line, or stand still"),
]

WORKERS = [
    key("worker-up", "up,k", "move(-1)", "up", "The worker above"),
    key("worker-down", "down,j", "move(1)", "down", "The worker below"),
    key("worker-restart", "r", "restart_one", "restart this one", "Restart this worker; its stage is done again"),
    key("worker-restart-errored", "w", "restart_errored", "all in error", "Restart all workers in error"),
    key("worker-add", "plus", "add", "add", "One worker more"),
    key("worker-remove", "minus", "remove", "remove", "One worker less, when it has finished its stage"),
]

APP = [
    key("help", "question_mark,f1", "help", "help", "The keys of what has the focus"),
    key("palette", "ctrl+p", "command_palette", "more", "Every action by its name, and every session by its title"),
    key("theme", "t", "next_theme", "theme", "Go on to the next theme"),
    key("screenshot", "ctrl+s", "save_picture", "screenshot", "Save a picture of the screen"),
    key("suspend", "ctrl+z", "suspend_process", "suspend", "Back to the shell; fg comes back here"),
    key("quit", "q", "leave", "quit", "Quit; asks while work runs"),
    key("interrupt", "ctrl+c", "interrupt", "interrupt", "Quit; twice: stop now", priority=True),
]

ALL = [
    *TABLE,
    *ERRORS,
    *MAIN,
    *PLAYER,
    *READER,
    *READER_SCREEN,
    *FIND_HERE,
    *FOUND_HERE,
    *DETAILS,
    *HITS,
    *FIND,
    *TRACE,
    *LOG,
    *WORKERS,
    *APP,
]

CHANGES = frozenset(
    {
        "retry",
        "retry-all",
        "restart",
        "workers",
        "cancel",
        "cancel-all",
        "pause",
        "more-workers",
        "fewer-workers",
        "earlier",
        "later",
        "front",
        "rear",
        "details-retry",
        "worker-restart",
        "worker-restart-errored",
        "worker-add",
        "worker-remove",
    }
)
"""Bindings that change the run; a recorded run cannot be changed."""

FOOTER = (
    "take-over",
    "help",
    "filter",
    "find",
    "open",
    "result",
    "retry",
    "retry-all",
    "restart",
    "workers",
    "pause",
    "sort",
    "mark",
    "copy",
    "errors",
    "log",
    "palette",
    "quit",
)
"""What the last line of the screen names."""

REPLAY_FOOTER = (
    "help",
    "replay-pause",
    "replay-slower",
    "replay-faster",
    "replay-back",
    "replay-forward",
    "filter",
    "find",
    "open",
    "errors",
    "log",
    "palette",
    "quit",
)
"""The same for a recorded run."""

DISPENSABLE = (
    "result",
    "log",
    "mark",
    "find",
    "copy",
    "errors",
    "sort",
    "workers",
    "retry-all",
    "palette",
    "restart",
    "open",
    "pause",
    "filter",
    "replay-forward",
    "replay-back",
)
"""What it leaves out where there is no room, in this order."""

_SIGNS = {
    "question_mark": "?",
    "slash": "/",
    "plus": "+",
    "minus": "-",
    "asterisk": "*",
    "full_stop": ".",
    "escape": "esc",
    "pageup": "pgup",
    "pagedown": "pgdn",
}


def shown_key(name: str) -> str:
    """A key as people write it: ``^p``, ``?``, ``shift+tab``."""
    *modifiers, last = name.split("+")
    if modifiers == ["ctrl"]:
        return "^" + _SIGNS.get(last, last)
    if modifiers == ["shift"] and len(last) == 1:
        return last.upper()
    return "+".join([*modifiers, _SIGNS.get(last, last)])


def key_of(ident: str, keymap: Mapping[str, str]) -> str:
    """The first key of the binding with this id, after remapping; empty where it has none left."""
    return next((shown for binding in ALL if binding.id == ident for shown in keys_of(binding, keymap)), "")


def keys_of(binding: Binding, keymap: Mapping[str, str]) -> list[str]:
    """The keys that a binding has after remapping, as people write them."""
    names = keymap.get(binding.id or "", binding.key)
    return [shown_key(name.strip()) for name in names.split(",") if name.strip()]
