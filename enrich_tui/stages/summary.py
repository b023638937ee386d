"""The summary stage: what a session was about, from its transcript, chapters and notes. Offline and extractive."""

from __future__ import annotations

from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.model import StageOutput, StageTask
from enrich_tui.stages import Report
from enrich_tui.stages.material import gather
from enrich_tui.stages.results import SUMMARY
from enrich_tui.stages.summarize.extractive import summarize
from enrich_tui.stages.summarize.markdown import markdown
from enrich_tui.store.outputs import write_text

PAGE = "summary.md"


def run(task: StageTask, report: Report) -> StageOutput:
    """Write ``summary.json`` and ``summary.md``; raises ``NOTHING_TO_TELL`` without words, chapters and notes."""
    session = task.session
    material = gather(session)
    report(0.1)
    summary = summarize(
        material, session.title, task.config.summary.sentences, lambda fraction: report(0.1 + 0.85 * fraction)
    )
    if summary is None:
        raise StageError(Problem.NOTHING_TO_TELL)
    write_text(session.output / SUMMARY, summary.model_dump_json(indent=1))
    write_text(session.output / PAGE, markdown(summary))
    report(1.0)
    return StageOutput(
        outputs={"summary": SUMMARY, "summary-text": PAGE},
        engine=summary.engine,
        media_seconds=material.duration or None,
        notices=material.notices,
        facts={
            "method": summary.method,
            "points": len(summary.points),
            "actions": len(summary.actions),
            "questions": len(summary.questions),
        },
    )
