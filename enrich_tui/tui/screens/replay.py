"""The dashboard over a recorded run: the keys for the pace of work are those for the pace of the recording."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from enrich_tui.controls import Player
from enrich_tui.text import seconds_text, speed_text
from enrich_tui.tui import keys
from enrich_tui.tui.screens.main import MainScreen

LEAP = 0.05
"""How far one key goes, as a share of the whole."""
SHORTEST = 1.0
"""And how far at least, in seconds."""

_TAKEN = {binding.key for binding in keys.PLAYER}
_KEYS = [*[binding for binding in keys.MAIN if binding.key not in _TAKEN and binding.id != "take-over"], *keys.PLAYER]


class ReplayScreen(MainScreen, inherit_bindings=False):
    """See the module."""

    BINDINGS: ClassVar[list[BindingType]] = [*_KEYS]
    ALL_KEYS: ClassVar[Sequence[Binding]] = _KEYS
    OFFERED: ClassVar[Sequence[str]] = keys.REPLAY_FOOTER

    def _play(self, action: Callable[[Player], None]) -> Player | None:
        player = self.board.player
        if player is not None:
            action(player)
            self.header.redraw()
            self.key_line.redraw()
        return player

    def action_play(self) -> None:
        """Stand still, or go on."""
        self._play(lambda player: player.pause())

    def action_slower(self) -> None:
        """The speed before."""
        player = self._play(lambda player: player.slower())
        if player is not None:
            self.dashboard.say(f"Speed: {speed_text(player.speed)}")

    def action_faster(self) -> None:
        """The next speed."""
        player = self._play(lambda player: player.faster())
        if player is not None:
            self.dashboard.say(f"Speed: {speed_text(player.speed)}")

    def action_step(self) -> None:
        """One event further."""
        self._play(lambda player: player.step())

    def action_seek(self, direction: int) -> None:
        """Back or forward."""
        player = self._play(lambda player: player.seek(direction * max(SHORTEST, LEAP * player.length)))
        if player is not None:
            self.dashboard.say(f"At {seconds_text(player.position)} of {seconds_text(player.length)}")
