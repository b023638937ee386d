"""How well and how fast cuts are found: ours, PySceneDetect (where it is installed) and decoding alone, in one run.

``python -m tests.benchmarks.video [--tuning] [--full-hd] [--plain]``

Made sessions are kept in the temporary folder between runs. ``--tuning`` takes the seeds that thresholds were tuned on
instead of those that they were not; ``--full-hd`` adds 180 s at 1920x1080 and 30 frames a second, which take minutes to
make; ``--plain`` leaves PySceneDetect out. CPU seconds are this process's; matches are counted within one second.
"""

from __future__ import annotations

import argparse
import importlib
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from enrich_tui.media.open import open_media, video_stream
from enrich_tui.media.probe import announced
from enrich_tui.stages.vision.cuts import min_chapter
from enrich_tui.stages.vision.frames import Reader
from enrich_tui.stages.vision.watch import Watcher
from tests.benchmarks.made_sessions import Session

TUNED = range(1, 14)
JUDGED = range(201, 209)
SECONDS = 120.0
TOLERANCE = 1.0
CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"
RECORDED = ("session_short.mkv", "screen_real_joined.mp4", "screen_textual_60fps.mp4", "clip_bikes_noaudio.mp4")


class Case(NamedTuple):
    """A video whose cuts are known."""

    group: str
    path: Path
    cuts: tuple[tuple[float, str], ...]


class Score(NamedTuple):
    """What a method found in some videos."""

    right: int
    wrong: int
    missed: int
    majors_missed: int
    cpu: float
    seconds: float

    def plus(self, other: Score) -> Score:
        """Both together."""
        return Score(
            self.right + other.right,
            self.wrong + other.wrong,
            self.missed + other.missed,
            self.majors_missed + other.majors_missed,
            self.cpu + other.cpu,
            self.seconds + other.seconds,
        )

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.right / max(1, 2 * self.right + self.wrong + self.missed)


NOTHING = Score(0, 0, 0, 0, 0.0, 0.0)


def ours(path: Path, seconds: float) -> list[float]:
    """The video stage's own way, pictures included."""
    shortest = min_chapter(seconds)
    with open_media(path) as container:
        reader = Reader(container, video_stream(container), skip_within=shortest)
        watcher = Watcher(480, 1.0, shortest / 2)
        watcher.watch(reader.samples())
    return [cut.time for cut in watcher.cuts(seconds, shortest)]


def decoding(skip: Literal["DEFAULT", "NONREF"]) -> Callable[[Path, float], list[float]]:
    """Nothing but decoding, on one thread."""

    def decode(path: Path, _seconds: float) -> list[float]:
        with open_media(path) as container:
            stream = video_stream(container)
            stream.codec_context.thread_count = 1
            stream.codec_context.thread_type = "NONE"
            stream.codec_context.skip_frame = skip
            for _ in container.decode(stream):
                pass
        return []

    return decode


def scenedetect(detector: str) -> Callable[[Path, float], list[float]]:
    """PySceneDetect with its defaults, but for the shortest scene, which is ours."""
    package: Any = importlib.import_module("scenedetect")

    def detect(path: Path, seconds: float) -> list[float]:
        with open_media(path) as container:
            rate = float(video_stream(container).average_rate or 25)
        frames = max(1, round(min_chapter(seconds) * rate))
        scenes = package.detect(str(path), getattr(package, detector)(min_scene_len=frames))
        return [scene[0].get_seconds() for scene in scenes[1:]]

    return detect


def judge(found: Sequence[float], cuts: Sequence[tuple[float, str]]) -> tuple[int, int, int, int]:
    """Right, wrong, missed, and how many of the missed are major."""
    left = list(cuts)
    right = 0
    for moment in found:
        match = min(left, key=lambda cut: abs(cut[0] - moment), default=None)
        if match is not None and abs(match[0] - moment) <= TOLERANCE:
            left.remove(match)
            right += 1
    return right, len(found) - right, len(left), sum(importance == "major" for _, importance in left)


def made(seeds: Sequence[int], full_hd: bool) -> list[Case]:
    """The made sessions, written where they are not there yet."""
    folder = Path(tempfile.gettempdir()) / "enrich-tui-made-sessions"
    folder.mkdir(exist_ok=True)
    plans = [("made", seed, SECONDS, (1280, 720), 15, "libx264", "mp4") for seed in seeds]
    plans += [("one key frame", seeds[0], SECONDS, (1280, 720), 15, "libvpx", "webm")]
    if full_hd:
        plans.append(("1080p30", seeds[0] + 50, 180.0, (1920, 1080), 30, "libx264", "mp4"))
    cases = []
    for group, seed, seconds, size, rate, codec, suffix in plans:
        session = Session(seed, seconds)
        path = folder / f"{seed}-{seconds:.0f}-{size[1]}p{rate}.{suffix}"
        if not path.exists():
            print(f"making {path.name}", flush=True)
            partial = path.with_name(f"partial-{path.name}")
            session.write(partial, size, rate, codec)
            partial.replace(path)
        cases.append(Case(group, path, tuple(session.cuts)))
    return cases


def recorded() -> list[Case]:
    """The recordings of the corpus, where it is there."""
    truth = CORPUS / "truth.json"
    if not truth.exists():
        print("the corpus is not there: made sessions only")
        return []
    known = json.loads(truth.read_text(encoding="utf-8"))
    return [
        Case(name, CORPUS / name, tuple((cut["t"], cut["importance"]) for cut in known[name].get("cuts", [])))
        for name in RECORDED
    ]


def main() -> None:
    """Measure everything and print one line for every group and method."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tuning", action="store_true")
    parser.add_argument("--full-hd", action="store_true")
    parser.add_argument("--plain", action="store_true")
    asked = parser.parse_args()
    methods: dict[str, Callable[[Path, float], list[float]]] = {
        "ours": ours,
        "decode": decoding("DEFAULT"),
        "decode NONREF": decoding("NONREF"),
    }
    if not asked.plain:
        try:
            methods["Adaptive"] = scenedetect("AdaptiveDetector")
            methods["Content"] = scenedetect("ContentDetector")
        except ImportError:
            print("PySceneDetect is not installed: without it")
    totals: dict[tuple[str, str], Score] = {}
    for case in made(TUNED if asked.tuning else JUDGED, asked.full_hd) + recorded():
        with open_media(case.path) as container:
            seconds = announced(container) or SECONDS
        for name, method in methods.items():
            begin = time.process_time()
            found = method(case.path, seconds)
            score = Score(*judge(found, case.cuts), time.process_time() - begin, seconds)
            totals[case.group, name] = totals.get((case.group, name), NOTHING).plus(score)
    print(
        f"{'videos':26}{'method':15}{'F1':>6}{'right':>7}{'wrong':>7}{'missed':>8}{'major':>7}{'CPU s':>8}{'x real':>8}"
    )
    for (group, name), score in totals.items():
        found_columns = (
            f"{'':>34}"
            if name.startswith("decode")
            else f"{score.f1:6.2f}{score.right:7}{score.wrong:7}{score.missed:8}{score.majors_missed:7}"
        )
        print(f"{group:26}{name:15}{found_columns:35}{score.cpu:8.1f}{score.seconds / score.cpu:8.1f}")


if __name__ == "__main__":
    main()
