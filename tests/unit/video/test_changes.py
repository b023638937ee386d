from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from enrich_tui.stages.vision.changes import Change, Grey, compare
from enrich_tui.stages.vision.cuts import (
    THRESHOLD,
    Cut,
    Look,
    choose,
    min_chapter,
    promise,
    sharpness,
    weigh,
)

NOTHING = Change(0, 0, 0)
SWITCH = Change(0.6, 0.8, 0.9)


def text(seed: int, ground: int = 20, ink: int = 220) -> Grey:
    rng = np.random.default_rng(seed)
    image = Image.new("L", (320, 400), ground)
    canvas = ImageDraw.Draw(image)
    for row in range(0, 400, 9):
        for left in range(10, int(rng.integers(60, 310)), 14):
            canvas.rectangle((left, row, left + int(rng.integers(3, 11)), row + 5), ink)
    return np.asarray(image)


def look(time: float, change: Change = NOTHING, step: float = 0.1, calm: float = 0.0) -> Look:
    return Look(time, step, calm, change, change)


def test_equal_pictures_do_not_differ() -> None:
    picture = text(1)[:180]
    assert compare(picture, picture.copy()) == NOTHING


def test_a_scroll_explains_what_it_moves_and_another_page_is_not_explained() -> None:
    page = text(1)
    scrolled = compare(page[:180], page[31:211])
    turned = compare(page[:180], text(2)[:180])
    assert scrolled.blocks < 0.4 * turned.blocks  # what comes in at the edge is new
    assert scrolled.content < 0.4 < turned.content


def test_another_theme_is_a_leap_of_the_histogram() -> None:
    assert compare(text(1)[:180], text(1, 245, 30)[:180]).histogram > 0.8
    assert compare(text(1)[:180], text(2)[:180]).histogram < 0.2


def test_strange_shapes_are_compared_too() -> None:
    for shape in ((1, 320), (16, 320), (9, 320), (1280, 320)):
        black, white = np.zeros(shape, np.uint8), np.full(shape, 255, np.uint8)
        assert all(0 <= part <= 1 for part in compare(black, white))


def test_a_switch_counts_and_motion_does_not() -> None:
    quiet = [look(n / 2) for n in range(40)]
    switched = [*quiet[:20], look(10, SWITCH, step=40), *quiet[21:]]
    moving = [look(n / 2, Change(0.1, 0.5, 0.6), step=12, calm=10) for n in range(40)]
    assert weigh(switched)[20] > 0.6
    assert sum(weigh(switched)) == weigh(switched)[20]
    assert max(weigh(moving)) < THRESHOLD


def test_a_flash_does_not_last() -> None:
    looks = [look(n / 2) for n in range(40)]
    looks[20] = Look(10, 40, 0, SWITCH, NOTHING)
    looks[21] = Look(10.5, 40, 0, SWITCH, SWITCH)
    assert weigh(looks)[20] == 0


def test_what_blinks_all_the_time_is_no_cut_but_the_switch_in_its_middle_is() -> None:
    blink = Change(0.42, 0.47, 0.47)
    looks = [look(n / 2, blink if n % 3 == 0 else NOTHING, step=20 if n % 3 == 0 else 0.1) for n in range(60)]
    assert max(weigh(looks)) < THRESHOLD
    looks[31] = look(15.5, Change(0.9, 1.0, 1.0), step=80)
    assert weigh(looks)[31] > THRESHOLD


def test_promise_is_never_less_than_the_strength() -> None:
    rng = np.random.default_rng(0)
    looks = [
        Look(n / 2, float(rng.random() * 50), float(rng.random() * 10), Change(*rng.random(3)), Change(*rng.random(3)))
        for n in range(200)
    ]
    assert all(strength <= promise(one) + 1e-9 for strength, one in zip(weigh(looks), looks, strict=True))
    assert all(0 <= sharpness(one) <= 1 for one in looks)


def test_the_strongest_cuts_win_and_chapters_keep_their_length() -> None:
    cuts = [Cut(0, 4.0, 0.3), Cut(1, 12.0, 0.5), Cut(2, 14.0, 0.9), Cut(3, 30.0, 0.1), Cut(4, 58.0, 0.8)]
    assert [cut.time for cut in choose(cuts, 60.0, 5.0)] == [14.0]
    assert [cut.time for cut in choose(cuts, 61.0, 4.0)] == [4.0, 14.0, 58.0]


def test_min_chapter_follows_the_length() -> None:
    assert min_chapter(10) == 1.0
    assert min_chapter(300) == 10.0
    assert min_chapter(3600) == 120.0
    assert min_chapter(3600, 15) == 15.0
