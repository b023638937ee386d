"""The summary stage: what a session was about, from its transcript, chapters and notes. Offline and extractive.

Where a server is to write it, :mod:`enrich_tui.stages.llm.write` takes its place, and writes the same files.
"""

from __future__ import annotations

from collections.abc import Sequence

from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.model import Session, StageOutput, StageTask
from enrich_tui.stages import Report
from enrich_tui.stages.material import Material, gather
from enrich_tui.stages.results import SUMMARY, Chapters, Summary, numbered
from enrich_tui.stages.summarize.extractive import summarize
from enrich_tui.stages.summarize.markdown import markdown
from enrich_tui.stages.summarize.titles import titles
from enrich_tui.stages.vision import formats
from enrich_tui.store.outputs import write_text

PAGE = "summary.md"


def run(task: StageTask, report: Report) -> StageOutput:
    """Write ``summary.json`` and ``summary.md``, and the chapters anew where their words give them titles.

    Raises ``NOTHING_TO_TELL`` without words, chapters and notes.
    """
    session = task.session
    material = gather(session)
    report(0.1)
    summary = summarize(
        material, session.title, task.config.summary.sentences, lambda fraction: report(0.1 + 0.85 * fraction)
    )
    if summary is None:
        raise StageError(Problem.NOTHING_TO_TELL)
    known, transcript = material.chapters, material.transcript
    told = titles(known.chapters, transcript) if known is not None and transcript is not None else []
    return write_down(session, material, summary, told, report)


def write_down(
    session: Session, material: Material, summary: Summary, told: Sequence[str | None], report: Report
) -> StageOutput:
    """Write the files of a summary, with these titles for the chapters; None: the number stays."""
    write_text(session.output / SUMMARY, summary.model_dump_json(indent=1))
    write_text(session.output / PAGE, markdown(summary))
    titled = _titled(material.chapters, told)
    files = formats.write(session.output, titled) if titled is not None else {}
    report(1.0)
    return StageOutput(
        outputs={"summary": SUMMARY, "summary-text": PAGE, **files},
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


def _titled(known: Chapters | None, told: Sequence[str | None]) -> Chapters | None:
    """The chapters of a video with titles from what is said in them; None where the video stage's own ones hold."""
    if known is None or known.video is None or not told:
        return None
    shown = [chapter.heading or numbered(chapter.index) for chapter in known.chapters]
    names = [title or own for title, own in zip(told, shown, strict=True)]
    pairs = zip(known.chapters, names, strict=True)
    chapters = tuple(chapter.model_copy(update={"title": title}) for chapter, title in pairs)
    return None if names == shown and chapters == known.chapters else known.model_copy(update={"chapters": chapters})
