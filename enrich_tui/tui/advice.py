"""What to do about an error, with the keys of the dashboard that do it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from enrich_tui.tui.keys import MAIN, keys_of

_KEYED = (
    (
        "restart the worker if it does not come back, then run it again",
        "press {restart} if it does not come back, then {retry} to retry",
    ),
    ("restart the worker", "press {restart} to restart it"),
    ("run all that failed again", "press {retry-all} to retry all that failed"),
    ("run it again later", "press {retry} later to retry"),
    ("run it again", "press {retry} to retry"),
    ("use fewer workers", "use fewer workers (press {fewer-workers})"),
    ("the log has the details", "the log (press {log}) has the details"),
)
"""Advice as it is worded for everybody, and for who has these bindings."""
_BINDING = re.compile(r"\{([\w-]+)\}")


def with_keys(advice: str, keymap: Mapping[str, str]) -> str:
    """The advice with the keys for it; ``keymap`` is what the configuration gives other keys to.

    >>> with_keys("check the network connection, then run it again", {"retry": "f5"})
    'check the network connection, then press f5 to retry'
    """
    keys = {binding.id: shown[0] for binding in MAIN if (shown := keys_of(binding, keymap))}
    for plain, keyed in _KEYED:
        if all(ident in keys for ident in _BINDING.findall(keyed)):
            advice = advice.replace(plain, _BINDING.sub(lambda found: keys[found[1]], keyed))
    return advice
