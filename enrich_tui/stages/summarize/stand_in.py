"""The summary that stands in where the summary stage failed: what there is, without a look into it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from enrich_tui.model import Session, Stage
from enrich_tui.stages.results import SUMMARY, Summary
from enrich_tui.stages.summarize.markdown import markdown
from enrich_tui.store.outputs import write_text

ENGINE = "enrich-tui basic 1"
PAGE = "summary.md"

_MADE = {Stage.AUDIO: "a transcript", Stage.VIDEO: "chapters"}


def write_stand_in(session: Session, made: Sequence[Stage]) -> tuple[Path, ...]:
    """Write ``summary.json`` and ``summary.md`` from the names of the stages that were done; returns both paths.

    Nothing that the session holds is read, because that may be what the stage failed of. Raises ``OSError``.
    """
    there = [word for stage, word in _MADE.items() if stage in made] + (["notes"] if session.notes else [])
    listed = " and ".join(filter(None, (", ".join(there[:-1]), there[-1] if there else "")))
    overview = "This session could not be summed up." + (f" There is {listed}." if there else "")
    summary = Summary(engine=ENGINE, method="basic", title=session.title, overview=overview)
    write_text(session.output / SUMMARY, summary.model_dump_json(indent=1))
    write_text(session.output / PAGE, markdown(summary))
    return session.output / SUMMARY, session.output / PAGE
