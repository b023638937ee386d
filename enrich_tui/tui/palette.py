"""The command palette: every action by its name, and every session by its title."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from rich.text import Text
from textual.binding import Binding
from textual.command import DiscoveryHit, Hit, Hits, Provider

from enrich_tui.text import fit
from enrich_tui.tui import keys

if TYPE_CHECKING:
    from enrich_tui.tui.app import Dashboard

SESSIONS = 30
"""Sessions that are offered at once."""


class RunProvider(Provider):
    """Offers what can be done. Titles are drawn as they are, never as markup."""

    @property
    def _dashboard(self) -> Dashboard:
        return cast("Dashboard", self.app)

    @property
    def _bindings(self) -> list[Binding]:
        table = [binding for binding in keys.TABLE if binding.id in {"open", "first", "last"}]
        return [
            binding
            for binding in (*self._dashboard.main.ALL_KEYS, *table, *keys.APP)
            if binding.id not in {"palette", "interrupt"}
        ]

    def _help(self, binding: Binding) -> str:
        shown = " ".join(keys.keys_of(binding, self._dashboard.keymap_in_use))
        return f"{shown}  {binding.tooltip}"

    async def discover(self) -> Hits:
        """All actions."""
        for binding in self._bindings:
            name, perform = _name(binding.description), partial(self._dashboard.perform, binding)
            yield DiscoveryHit(Text(name), perform, text=name, help=self._help(binding))

    async def search(self, query: str) -> Hits:
        """Actions and sessions that fit."""
        matcher, needle = self.matcher(query), query.casefold()
        for binding in self._bindings:
            name = _name(binding.description)
            score = matcher.match(name) or (0.3 if needle in binding.tooltip.casefold() else 0.0)
            if score > 0:
                perform = partial(self._dashboard.perform, binding)
                yield Hit(score, Text(name), perform, text=name, help=self._help(binding))
        offered = 0
        for row in self._dashboard.board.view.rows.values():
            if needle in row.needle:
                yield Hit(
                    0.5,
                    Text(f"go to {fit(row.title, 60, ellipsis=self._dashboard.board.glyphs.ellipsis)}"),
                    partial(self._dashboard.go_to, row.id),
                    text=row.title,
                    help=f"session, {row.state}",
                )
                offered += 1
                if offered >= SESSIONS:
                    return


def _name(label: str) -> str:
    return label[:1].upper() + label[1:]
