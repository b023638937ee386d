"""Made screen recordings whose cuts are known: terminals, editors, slides, pages, insets, dialogs, cursors, themes.

A session is drawn from a seed, so that thresholds can be tuned on some seeds and judged on others. What counts as a
cut: another application (``major``), and another slide, file or page (``minor``). What does not: typing, scrolling,
paging, bullets that appear, dialogs, cursors, camera bubbles and film insets.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple, Protocol

import av
import numpy as np
from av.video.stream import VideoStream
from PIL import Image, ImageDraw, ImageFont

WORDS = [
    "value",
    "result",
    "session",
    "worker",
    "queue",
    "def",
    "class",
    "return",
    "import",
    "for",
    "in",
    "while",
    "if",
    "else",
    "raise",
    "yield",
    "chapter",
    "frame",
    "commit",
    "deploy",
    "branch",
    "error",
    "retry",
    "render",
    "stream",
    "parse",
    "token",
    "index",
    "cache",
    "build",
    "test",
    "merge",
    "review",
    "plan",
    "note",
    "meeting",
    "agenda",
]


class Cut(NamedTuple):
    """A cut by construction, in seconds."""

    time: float
    importance: str


class Theme(NamedTuple):
    """Colours of an application."""

    ground: tuple[int, int, int]
    ink: tuple[int, int, int]
    accent: tuple[int, int, int]
    panel: tuple[int, int, int]


def _theme(rng: random.Random, dark: bool) -> Theme:
    tint = tuple(rng.randint(-12, 12) for _ in range(3))

    def around(level: int) -> tuple[int, int, int]:
        return (
            max(0, min(255, level + tint[0])),
            max(0, min(255, level + tint[1])),
            max(0, min(255, level + tint[2])),
        )

    accent = (rng.randint(30, 230), rng.randint(30, 230), rng.randint(30, 230))
    if dark:
        ground = rng.choice((14, 28, 40))
        return Theme(around(ground), around(210), accent, around(ground + 18))
    ground = rng.choice((238, 248, 255))
    return Theme(around(ground), around(40), accent, around(ground - 22))


def _sentence(rng: random.Random, most: int) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(rng.randint(1, most)))


class Scene(Protocol):
    """One thing on the screen for a while: ``state`` says what there is to see, ``draw`` draws it."""

    def state(self, t: float) -> tuple[object, ...]: ...

    def draw(self, canvas: ImageDraw.ImageDraw, size: tuple[int, int], state: tuple[object, ...]) -> None: ...


def _font(size: tuple[int, int], share: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=max(8, round(size[1] * share)))


class Terminal:
    """Typing and output; scrolls when full, line by line or in bursts, is cleared now and then."""

    def __init__(self, rng: random.Random, dark: bool, seconds: float) -> None:
        self.theme = _theme(rng, dark)
        self.lines: list[tuple[float, str]] = []
        self.clears: list[int] = [0]
        t = 0.0
        prefill = rng.randint(0, 40)
        while t < seconds:
            if prefill > 0:
                prefill -= 1
            elif rng.random() < 0.35:
                t += rng.uniform(0.6, 2.5)
            else:
                t += rng.choice((0.02, 0.05, 0.2))
            if rng.random() < 0.01:
                self.clears.append(len(self.lines))
            self.lines.append((t, ("$ " if rng.random() < 0.3 else "") + _sentence(rng, 12)))

    def state(self, t: float) -> tuple[object, ...]:
        shown = sum(1 for at, _ in self.lines if at <= t)
        coming = self.lines[shown] if shown < len(self.lines) else None
        typed = max(0, int(12 - (coming[0] - t) * 8)) if coming else 0
        return (shown, typed, int(t * 2) % 2)

    def draw(self, canvas: ImageDraw.ImageDraw, size: tuple[int, int], state: tuple[object, ...]) -> None:
        shown, typed, blink = state
        assert isinstance(shown, int)
        assert isinstance(typed, int)
        font, step = _font(size, 0.022), size[1] // 34
        canvas.rectangle((0, 0, *size), self.theme.ground)
        canvas.rectangle((0, 0, size[0], step), self.theme.panel)
        first = max(shown - 31, *(clear for clear in self.clears if clear <= shown))
        lines = [text for _, text in self.lines[first:shown]]
        if shown < len(self.lines):
            lines.append(self.lines[shown][1][:typed] + ("_" if blink else ""))
        for row, text in enumerate(lines):
            canvas.text((step, (row + 1.3) * step), text, self.theme.ink, font)


class Editor:
    """Side bar, tabs, numbered lines; typing, smooth and jumping scrolls, paging; other files are minor cuts."""

    def __init__(self, rng: random.Random, dark: bool, seconds: float) -> None:
        self.theme = _theme(rng, dark)
        self.side = rng.random() < 0.75
        self.files: list[tuple[float, list[tuple[int, str, bool]]]] = []
        self.moves: list[tuple[float, float, float]] = []
        t = 0.0
        while t < seconds:
            self.files.append((t, [self._line(rng) for _ in range(rng.randint(60, 200))]))
            length = rng.uniform(9, 30)
            at, place = t, 0.0
            while at < t + length:
                kind = rng.random()
                target = max(0.0, min(110.0, place + rng.choice((-1, 1, 1)) * rng.choice((3, 8, 25, 34))))
                duration = rng.uniform(0.3, 2.5) if kind < 0.6 else 0.0
                self.moves.append((at, duration, target))
                place = target
                at += rng.uniform(1.0, 6.0)
            t += length
        if len(self.files) > 1 and seconds - self.files[-1][0] < 5:
            self.files.pop()

    @staticmethod
    def _line(rng: random.Random) -> tuple[int, str, bool]:
        return (rng.choice((0, 1, 1, 2, 3)), "" if rng.random() < 0.15 else _sentence(rng, 9), rng.random() < 0.2)

    @property
    def minor(self) -> list[float]:
        """When another file is shown."""
        return [at for at, _ in self.files[1:]]

    def state(self, t: float) -> tuple[object, ...]:
        index = max(i for i, (at, _) in enumerate(self.files) if at <= t)
        since, place = self.files[index][0], 0.0
        for at, duration, target in self.moves:
            if since <= at <= t:
                done = 1.0 if duration == 0 else min(1.0, (t - at) / duration)
                place += (target - place) * done
        return (index, round(place * 4) / 4, int((t - since) * 6) % 60)

    def draw(self, canvas: ImageDraw.ImageDraw, size: tuple[int, int], state: tuple[object, ...]) -> None:
        index, place, typed = state
        assert isinstance(index, int)
        assert isinstance(place, float)
        assert isinstance(typed, int)
        font, step = _font(size, 0.021), size[1] // 36
        left = size[0] // 6 if self.side else 0
        canvas.rectangle((0, 0, *size), self.theme.ground)
        lines = self.files[index][1]
        top = int(place)
        for row in range(36):
            if top + row < len(lines):
                indent, text, strong = lines[top + row]
                y = (row + 2 - (place - top)) * step
                shown = text + (" value"[: typed // 10] if row == 12 else "")
                canvas.text((left + 8, y), str(top + row), self.theme.panel, font)
                canvas.text(
                    (left + step * (2 + indent * 2), y), shown, self.theme.accent if strong else self.theme.ink, font
                )
        canvas.rectangle((0, 0, size[0], int(step * 1.6)), self.theme.panel)
        canvas.text((left + 40 + index * 60, 4), f"file_{index}.py", self.theme.ink, font)
        if self.side:
            canvas.rectangle((0, 0, left - 4, size[1]), self.theme.panel)
            for row in range(14):
                canvas.text((14, (row + 3) * step), f"file_{row}.py", self.theme.ink, font)


class Slides:
    """Slides of one deck, minor cuts, with bullets that appear one by one; some decks fade over."""

    def __init__(self, rng: random.Random, dark: bool, seconds: float) -> None:
        self.theme = _theme(rng, dark)
        self.fade = rng.choice((0.0, 0.0, 0.5))
        self.slides: list[tuple[float, str, list[tuple[float, str]], int, list[tuple[float, ...]]]] = []
        t = 0.0
        while t < seconds:
            length = rng.uniform(8, 22)
            layout = rng.randint(0, 3)
            build = rng.random() < 0.5
            bullets = [(t + (i * length / 7 if build else 0.0), _sentence(rng, 7)) for i in range(rng.randint(2, 6))]
            shapes = [tuple(rng.random() for _ in range(5)) for _ in range(rng.randint(3, 7))]
            self.slides.append((t, _sentence(rng, 4).title(), bullets, layout, shapes))
            t += length
        if len(self.slides) > 1 and seconds - self.slides[-1][0] < 4:
            self.slides.pop()

    @property
    def minor(self) -> list[float]:
        """When another slide is shown."""
        return [slide[0] for slide in self.slides[1:]]

    def state(self, t: float) -> tuple[object, ...]:
        index = max(i for i, slide in enumerate(self.slides) if slide[0] <= t)
        shown = sum(1 for at, _ in self.slides[index][2] if at <= t)
        mix = 1.0
        if self.fade and index:
            mix = min(1.0, (t - self.slides[index][0]) / self.fade)
        return (index, shown, round(mix * 8))

    def draw(self, canvas: ImageDraw.ImageDraw, size: tuple[int, int], state: tuple[object, ...]) -> None:
        index, shown, mix = state
        assert isinstance(index, int)
        assert isinstance(shown, int)
        assert isinstance(mix, int)
        self._slide(canvas, size, index, shown)
        if mix < 8:
            before = Image.new("RGB", size)
            self._slide(ImageDraw.Draw(before), size, index - 1, 9)
            canvas._image.paste(Image.blend(before, canvas._image.copy(), mix / 8))

    def _slide(self, canvas: ImageDraw.ImageDraw, size: tuple[int, int], index: int, shown: int) -> None:
        _, title, bullets, layout, shapes = self.slides[index]
        w, h = size
        canvas.rectangle((0, 0, w, h), self.theme.ground)
        canvas.rectangle((0, 0, w, h // 60), self.theme.accent)
        if layout == 0:
            canvas.text((w // 5, h * 0.4), title, self.theme.ink, _font(size, 0.09))
            return
        canvas.text((w // 14, h // 12), title, self.theme.ink, _font(size, 0.06))
        for row, (_, text) in enumerate(bullets[:shown]):
            canvas.text((w // 12, h * (0.26 + row * 0.1)), "- " + text, self.theme.ink, _font(size, 0.036))
        if layout == 2:
            for i, shape in enumerate(shapes):
                left = int(w * (0.58 + i * 0.05))
                top = int(h * (0.85 - shape[0] * 0.5))
                canvas.rectangle((left, top, left + w // 30, int(h * 0.85)), self.theme.accent)
        if layout == 3:
            for x, y, a, b, c in shapes:
                box = (int(w * (0.5 + x / 3)), int(h * (0.25 + y / 3)))
                colour = (int(a * 255), int(b * 255), int(c * 255))
                canvas.rectangle((*box, box[0] + int(w * 0.1), box[1] + int(h * 0.14)), colour)


class Page:
    """A web page with cards and pictures: smooth scrolling; other pages are minor cuts."""

    def __init__(self, rng: random.Random, dark: bool, seconds: float) -> None:
        self.theme = _theme(rng, dark)
        self.pages: list[tuple[float, list[tuple[int, tuple[int, int, int], str]]]] = []
        self.moves: list[tuple[float, float, float]] = []
        t = 0.0
        while t < seconds:
            cards = [
                (
                    rng.randint(0, 2),
                    (rng.randint(20, 240), rng.randint(20, 240), rng.randint(20, 240)),
                    _sentence(rng, 10),
                )
                for _ in range(40)
            ]
            self.pages.append((t, cards))
            length, at = rng.uniform(9, 25), t
            while at < t + length:
                at += rng.uniform(1.0, 5.0)
                self.moves.append((at, rng.uniform(0.3, 1.5), rng.uniform(0.2, 1.2)))
            t += length
        if len(self.pages) > 1 and seconds - self.pages[-1][0] < 5:
            self.pages.pop()

    @property
    def minor(self) -> list[float]:
        """When another page is shown."""
        return [at for at, _ in self.pages[1:]]

    def state(self, t: float) -> tuple[object, ...]:
        index = max(i for i, (at, _) in enumerate(self.pages) if at <= t)
        since = self.pages[index][0]
        place = 0.0
        for at, duration, distance in self.moves:
            if since <= at <= t:
                place += distance * min(1.0, (t - at) / duration)
        return (index, round(place, 2))

    def draw(self, canvas: ImageDraw.ImageDraw, size: tuple[int, int], state: tuple[object, ...]) -> None:
        index, place = state
        assert isinstance(index, int)
        assert isinstance(place, float)
        w, h = size
        canvas.rectangle((0, 0, w, h), self.theme.ground)
        y: float = h * 0.12 - place * h * 0.6
        for kind, colour, text in self.pages[index][1]:
            height = h * (0.12, 0.25, 0.4)[kind]
            if -height < y < h:
                if kind == 0:
                    canvas.text((w // 6, y), text, self.theme.ink, _font(size, 0.035))
                    canvas.text((w // 6, y + h * 0.05), text[::-1], self.theme.ink, _font(size, 0.022))
                else:
                    canvas.rectangle((w // 6, y, w // 2, y + height * 0.9), colour)
                    for row in range(4 * kind):
                        spot = (w * 0.53, y + row * h * 0.04)
                        canvas.text(spot, text[row:] + text[:row], self.theme.ink, _font(size, 0.022))
            y += height
        canvas.rectangle((0, 0, w, h // 12), self.theme.panel)
        canvas.text((w // 8, h // 40), f"https://example.org/{index}", self.theme.ink, _font(size, 0.025))


KINDS: tuple[type[Terminal | Editor | Slides | Page], ...] = (Terminal, Editor, Slides, Page)


class Session:
    """A made recording: scenes one after the other, and what lies over all of them."""

    def __init__(self, seed: int, seconds: float) -> None:
        rng = random.Random(seed)
        self.seconds = seconds
        self.scenes: list[tuple[float, Scene]] = []
        self.cuts: list[Cut] = []
        self.dialogs: list[tuple[float, float]] = []
        t, last = 0.0, None
        dark = rng.random() < 0.5
        while t < seconds:
            kind = rng.choice([kind for kind in KINDS if kind is not last])
            last = kind
            length = min(rng.uniform(8, 45), seconds - t)
            if seconds - t - length < 6:
                length = seconds - t
            if rng.random() < 0.4:
                dark = not dark
            scene = kind(rng, dark, length)
            if t:
                self.cuts.append(Cut(t, "major"))
            self.cuts += [Cut(t + at, "minor") for at in getattr(scene, "minor", ())]
            if rng.random() < 0.3 and length > 9:
                self.dialogs.append((t + rng.uniform(2, length - 4), rng.uniform(0.4, 3)))
            self.scenes.append((t, scene))
            t += length
        self.bubble = rng.random() < 0.35
        self.inset = (rng.uniform(0, seconds), rng.uniform(5, 20)) if rng.random() < 0.4 else None
        self.spinner = rng.random() < 0.4
        self.pointer = [(rng.random(), rng.random()) for _ in range(int(seconds / 2) + 3)]
        self.cuts.sort()

    def frames(self, size: tuple[int, int], rate: int) -> Iterator[Image.Image]:
        """Every frame; the same object where nothing changed."""
        w, h = size
        image = Image.new("RGB", size)
        ground = Image.new("RGB", size)
        seen: object = None
        for number in range(int(self.seconds * rate)):
            t = number / rate
            start, scene = max((item for item in self.scenes if item[0] <= t), key=lambda item: item[0])
            state = (start, scene.state(t - start))
            if state != seen:
                scene.draw(ImageDraw.Draw(ground), size, state[1])
                seen = state
            image = ground.copy()
            canvas = ImageDraw.Draw(image)
            if self.inset and self.inset[0] <= t <= self.inset[0] + self.inset[1]:
                self._film(image, (w * 5 // 8, h // 2, w // 3, h // 3), t)
            if self.bubble:
                self._film(image, (w - w // 7, h - h // 5, w // 8, h // 6), t)
            for at, length in self.dialogs:
                if at <= t <= at + length:
                    canvas.rectangle((w // 3, h // 3, w * 2 // 3, h * 3 // 5), (225, 225, 230), (90, 90, 90), 3)
                    canvas.text((w // 3 + 20, h // 3 + 20), "Save changes?", (20, 20, 20), _font(size, 0.035))
            if self.spinner:
                canvas.arc((w // 2, h - 40, w // 2 + 28, h - 12), t * 360, t * 360 + 200, (90, 140, 250), 5)
            step = int(t / 2)
            part = min(1.0, (t / 2 - step) * 2)
            x = self.pointer[step][0] + (self.pointer[step + 1][0] - self.pointer[step][0]) * part
            y = self.pointer[step][1] + (self.pointer[step + 1][1] - self.pointer[step][1]) * part
            px, py = x * w, y * h
            canvas.polygon([(px, py), (px, py + h / 40), (px + h / 60, py + h / 60)], (255, 255, 255), (0, 0, 0))
            yield image

    @staticmethod
    def _film(image: Image.Image, box: tuple[int, int, int, int], t: float) -> None:
        x, y, w, h = box
        film = Image.effect_noise((max(2, w // 8), max(2, h // 8)), 20).resize((w, h)).convert("RGB")
        canvas = ImageDraw.Draw(film)
        shot = int(t / 4)
        canvas.rectangle((0, h * 2 // 3, w, h), ((shot * 70) % 255, 90, 60))
        middle: float = (t * 0.4) % 1 * w
        canvas.ellipse((middle, h // 4, middle + w // 4, h * 3 // 4), (220, 180, (shot * 50) % 255))
        image.paste(film, (x, y))

    def write(self, path: Path, size: tuple[int, int] = (1280, 720), rate: int = 15, codec: str = "libx264") -> None:
        """Encode it into ``path``; the container follows from the suffix."""
        options = {"preset": "veryfast", "crf": "26"} if codec == "libx264" else {}
        if codec.startswith("libvpx"):
            options = {"deadline": "realtime", "cpu-used": "8", "g": "100000", "b": "2M"}
        with av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=Fraction(rate), options=options)
            assert isinstance(stream, VideoStream)
            stream.width, stream.height = size
            stream.pix_fmt = "yuv420p"
            stream.codec_context.thread_count = 1
            for image in self.frames(size, rate):
                for packet in stream.encode(av.VideoFrame.from_ndarray(np.asarray(image), format="rgb24")):
                    container.mux(packet)
            for packet in stream.encode():
                container.mux(packet)
