"""The canvas stage: one page that tells the session, to open in any browser, today or in ten years."""

from __future__ import annotations

from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.model import Stage, StageOutput, StageTask
from enrich_tui.stages import VERSIONS, Report
from enrich_tui.stages.material import gather
from enrich_tui.stages.page.build import build
from enrich_tui.stages.results import CANVAS
from enrich_tui.store.outputs import write_text


def run(task: StageTask, report: Report) -> StageOutput:
    """Write ``canvas.html``; raises ``NOTHING_TO_TELL`` where a session has not even something to play or to show."""
    session = task.session
    material = gather(session, with_summary=True)
    results = (material.transcript, material.review, material.chapters, material.summary)
    if not (any(results) or material.notes or session.screenshots or session.recordings):
        raise StageError(Problem.NOTHING_TO_TELL)
    report(0.1)
    page = build(
        session,
        material,
        embed_media=task.config.canvas.embed_media,
        report=lambda fraction, message="": report(0.1 + 0.85 * fraction, message),
    )
    write_text(session.output / CANVAS, page.html)
    report(1.0)
    return StageOutput(
        outputs={"canvas": CANVAS},
        engine=f"enrich-tui canvas {VERSIONS[Stage.CANVAS]}",
        media_seconds=material.duration or None,
        notices=(*material.notices, *page.notices),
        facts={"bytes": len(page.html.encode())},
    )
