"""Reading the screen: words found and processor time of each engine, on made recordings whose text is known.

Run: ``python -m tests.benchmarks.ocr [first seed] [seeds]``. Each engine runs in a process of its own, under a worker's
limit of memory, one after the other. Tuned on seeds 201 to 203; judge on others.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image, ImageDraw, ImageFont

from enrich_tui.config import Limits, VideoConfig
from enrich_tui.stages.ocr import engine
from enrich_tui.stages.ocr.headings import headings
from enrich_tui.stages.ocr.reading import ScreenReader, Text, fitted
from enrich_tui.worker import limits
from tests.benchmarks.made_sessions import Editor, Page, Scene, Session, Slides

ENGINES = ("rapidocr", "tesseract")
SIZE = (1920, 1080)
SECONDS = 90
_FAINT = 60
"""Largest difference of a colour from its ground, in levels, up to which text does not count as legible."""
_WORD = re.compile(r"[^\W_]{2,}")


class Noting(ImageDraw.ImageDraw):
    """Draws, and notes which words can be seen: inside the picture, in contrast to it, and not painted over."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.picture = Image.new("RGB", size)
        super().__init__(self.picture)
        self.seen: list[tuple[tuple[float, float, float, float], str]] = []

    def text(self, xy: Any, text: Any, fill: Any = None, font: Any = None, *rest: Any, **further: Any) -> None:
        assert isinstance(font, ImageFont.FreeTypeFont)
        for word in _WORD.finditer(text):
            left, right = (xy[0] + font.getlength(text[:end]) for end in word.span())
            box = (left, xy[1], right, xy[1] + font.size)
            if min(box) < 0 or box[2] >= self.picture.width or box[3] >= self.picture.height:
                continue
            ground = self.picture.getpixel((int(left), int(xy[1])))
            assert isinstance(ground, tuple)
            if max(abs(one - other) for one, other in zip(ground, fill, strict=True)) > _FAINT:
                self.seen.append((box, word.group().casefold()))
        super().text(xy, text, fill, font, *rest, **further)

    def rectangle(self, xy: Any, fill: Any = None, *rest: Any, **further: Any) -> None:
        if fill is not None:
            self.seen = [
                (box, word)
                for box, word in self.seen
                if box[2] < xy[0] or box[0] > xy[2] or box[3] < xy[1] or box[1] > xy[3]
            ]
        super().rectangle(xy, fill, *rest, **further)


class Part(NamedTuple):
    """A chapter by construction."""

    begin: Image.Image
    end: Image.Image
    begin_words: Counter[str]
    words: set[str]
    """Everything that can be read at some whole second of it."""
    heads: set[str]
    """What may be its heading: of its slide, its page or its file."""


def _scene(session: Session, time: float) -> tuple[Scene, tuple[object, ...]]:
    start, scene = max((item for item in session.scenes if item[0] <= time), key=lambda item: item[0])
    return scene, scene.state(time - start)


def _noted(session: Session, time: float) -> Counter[str]:
    scene, state = _scene(session, time)
    canvas = Noting(SIZE)
    scene.draw(canvas, SIZE, state)
    return Counter(word for _, word in canvas.seen)


def _heads(scene: Scene, state: tuple[object, ...]) -> set[str]:
    index = state[0]
    assert isinstance(index, int)
    match scene:
        case Slides():
            return {scene.slides[index][1]}
        case Page():
            return {text for kind, _, text in scene.pages[index][1] if kind == 0}
        case Editor():
            return {f"file_{index}.py"}
    return set()


def parts(seed: int) -> Iterator[Part]:
    """The chapters of a made session."""
    session = Session(seed, SECONDS)
    frames = [frame.convert("L") for frame in session.frames(SIZE, 1)]
    edges = [0.0, *[cut.time for cut in session.cuts], float(SECONDS)]
    for start, stop in pairwise(edges):
        times = [time for time in range(SECONDS) if start + 0.5 <= time < stop - 0.2]
        if len(times) < 3:
            continue
        begin = _noted(session, times[0])
        words = set(begin).union(*(_noted(session, time) for time in times[1:]))
        yield Part(frames[times[0]], frames[times[-1]], begin, words, _heads(*_scene(session, times[0])))


def _words(text: Text) -> Counter[str]:
    return Counter(word.casefold() for line in text for word in _WORD.findall(line.text))


def _cpu() -> float:
    return sum(os.times()[:4])


def measure(name: str, first: int, seeds: int) -> dict[str, Any]:
    """What one engine makes of all sessions."""
    limits.apply(Limits().memory)
    reader = engine.load(VideoConfig.model_validate({"ocr": name}), 1)
    assert reader is not None
    told: Counter[str] = Counter()
    for seed in range(first, first + seeds):
        made = list(parts(seed))
        before = _cpu()
        begins = [tuple(reader.read(fitted(part.begin))) for part in made]
        told["milliseconds"] += round(1000 * (_cpu() - before))
        before = _cpu()
        pairs = [[lambda image=image: image for image in (part.begin, part.end)] for part in made]
        texts = ScreenReader(reader).read(pairs, lambda _done: None)
        told["milliseconds for chapters"] += round(1000 * (_cpu() - before))
        for part, begin, text, heading in zip(made, begins, texts, headings(texts), strict=True):
            read = _words(begin)
            told["pictures"] += 1
            told["truth"] += part.begin_words.total()
            told["read"] += read.total()
            told["right"] += (read & part.begin_words).total()
            told["chapter truth"] += len(part.words)
            told["chapter by one"] += len(part.words & set(read))
            told["chapter by two"] += len(part.words & set(_words(text)))
            told["headings"] += bool(heading)
            told["headings right"] += heading in part.heads
    return dict(told) | {"peak": _peak()}


def _peak() -> float:
    """Most memory in MB, of this process or of a child of it."""
    import resource

    return max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024


def _tell(name: str, told: dict[str, Any]) -> None:
    each = told["milliseconds"] / told["pictures"]
    pair = told["milliseconds for chapters"] / told["pictures"]
    print(
        f"{name:10} {told['pictures']} pictures: words found {told['right'] / told['truth']:.1%}, right of those read"
        f" {told['right'] / told['read']:.1%}; CPU {each:.0f} ms a picture, {pair:.0f} ms a chapter; peak"
        f" {told['peak']:.0f} MB"
    )
    one, two = (told[key] / told["chapter truth"] for key in ("chapter by one", "chapter by two"))
    print(
        f"{'':10} of all words that a chapter ever shows: {one:.1%} from how it begins, {two:.1%} with how it ends;"
        f" headings {told['headings']}, right {told['headings right']}"
    )


def main(first: int = 211, seeds: int = 3) -> None:
    """Measure every engine that is installed, and print how they compare."""
    results: dict[str, dict[str, Any]] = {}
    for name in ENGINES:
        if engine.identity(VideoConfig.model_validate({"ocr": name})).endswith("missing"):
            print(f"{name} is not installed")
            continue
        command = [sys.executable, "-m", "tests.benchmarks.ocr", "--engine", name, str(first), str(seeds)]
        environment = os.environ | {"OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
        ended = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2], env=environment
        )
        results[name] = told = json.loads(ended.stdout)
        _tell(name, told)
    if len(results) == len(ENGINES):
        one, other = (results[name]["milliseconds"] for name in ENGINES)
        print(f"{ENGINES[0]} takes {one / other:.1f} times the work of {ENGINES[1]}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--engine"]:
        print(json.dumps(measure(sys.argv[2], *(int(number) for number in sys.argv[3:]))))
    else:
        main(*(int(number) for number in sys.argv[1:]))
