"""The JSON display: every event as one line of JSON, and nothing else."""

from __future__ import annotations

from typing import Any, TextIO

from enrich_tui.events import EVENT, STREAM_VERSION, Event
from enrich_tui.text import gate

_SAID = ("message", "advice", "reason", "eta_reason")
"""The fields that are words for a person; all others are names, figures and a person's own words."""


class JsonDisplay:
    """Writes events to a stream as JSON Lines. Call it with every event."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __call__(self, event: Event, /) -> None:
        """Write one event."""
        self._stream.write(line_of(event).decode())
        self._stream.flush()


def line_of(event: Event) -> bytes:
    """An event as a line of the stream, as displays may say it."""
    said = {name: gate(text) for name in _SAID if isinstance(text := getattr(event, name, None), str) and text}
    return EVENT.dump_json(event.model_copy(update=said) if said else event) + b"\n"


def schema() -> dict[str, Any]:
    """The JSON Schema of one line."""
    described = EVENT.json_schema()
    described["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    described["title"] = f"enrich-tui event, version {STREAM_VERSION}"
    return described
