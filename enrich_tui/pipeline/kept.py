"""How much of a stage earlier attempts kept, by a look at the files that they left; for the estimates only.

The stage itself finds out what of it holds, and tells when it has begun.
"""

from __future__ import annotations

import os
from pathlib import Path

from enrich_tui.config import StageConfig
from enrich_tui.model import Session, Stage
from enrich_tui.stages import memory_identity
from enrich_tui.stages.speech.memory import ANSWERED, HEARD, kept

_FILES = {Stage.AUDIO: HEARD, Stage.SUMMARY: ANSWERED}


class Kept:
    """Looks at the ends of such files. Blocks for as long as it takes to open one."""

    def __init__(self, config: StageConfig) -> None:
        self._config = config
        self._identities: dict[Stage, str] = {}
        """Found out once, by the first file that there is."""

    def share(self, session: Session, stage: Stage, folder: Path) -> float:
        """The share of this stage, 0 to 1, that lies in the ``folder`` with the session's results. Never raises."""
        if stage not in _FILES or not os.path.lexists(path := folder / _FILES[stage]):
            return 0.0
        if stage not in self._identities:
            self._identities[stage] = memory_identity(stage, self._config)
        return kept(path, self._identities[stage], session.size)
