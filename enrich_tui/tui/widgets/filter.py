"""The line in which a filter is typed. While it is open it eats every key that can be typed."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from enrich_tui.text import clean

LONGEST = 100
"""Characters that a filter may have."""

TYPING = [
    Binding("enter", "keep", "keep", id="filter-keep", tooltip="Keep the filter and go back"),
    Binding("escape", "give_up", "clear", id="filter-clear", tooltip="Clear the filter and go back"),
]
"""The keys that it takes for something else than text."""


class FilterInput(Input):
    """Hidden until :meth:`open`; enter keeps the filter, escape gives it up."""

    BINDINGS: ClassVar[list[BindingType]] = [*TYPING]

    class Closed(Message):
        """The person is done with it."""

        def __init__(self, *, kept: bool) -> None:
            super().__init__()
            self.kept = kept

    def __init__(
        self,
        *,
        placeholder: str = "filter: text  state:failed  stage:video  worker:2",
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id, compact=True, placeholder=placeholder, select_on_focus=False)

    def validate_value(self, value: str) -> str:
        """What is pasted is outside text."""
        return clean(value, LONGEST)

    def open(self, text: str) -> None:
        """Show it with this filter in it; its cursor blinks unless there is to be no motion."""
        self.cursor_blink = self.app.animation_level != "none"
        self.add_class("-open")
        self.value = text
        self.cursor_position = len(text)
        self.focus()

    @property
    def is_open(self) -> bool:
        """True while it is typed in."""
        return self.has_class("-open")

    def on_blur(self) -> None:
        """Going elsewhere keeps the filter."""
        self.remove_class("-open")

    def action_keep(self) -> None:
        """Back to the sessions, filtered."""
        self._close(kept=True)

    def action_give_up(self) -> None:
        """Back to all sessions."""
        self._close(kept=False)

    def _close(self, *, kept: bool) -> None:
        self.remove_class("-open")
        self.post_message(self.Closed(kept=kept))
