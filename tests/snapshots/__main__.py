"""Records the snapshots anew, or takes pictures of them; see :mod:`tests.snapshots.taking`."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from tests.snapshots.photo import photo
from tests.snapshots.taking import FOLDER, THEMES, cases, file_of, opened, take


async def record() -> None:
    """Write all snapshots."""
    FOLDER.mkdir(exist_ok=True)
    wanted = {file_of(state, size) for state, size in cases()}
    for old in set(FOLDER.glob("*.txt")) - wanted:
        old.unlink()
    for state, size in cases():
        file_of(state, size).write_text(await take(state, size), encoding="utf-8")


async def photograph(folder: Path) -> None:
    """Write all screens as PNG."""
    for state, size in cases():
        async with opened(state, size) as (app, pilot):
            for name, theme in THEMES.items():
                app.theme = theme
                await pilot.pause()
                await pilot.pause()
                photo(app.screen._compositor.render_strips(), folder / f"{file_of(state, size).stem}-{name}.png")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.snapshots", description=__doc__)
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="write PNG files there instead")
    pictures: Path | None = parser.parse_args().pictures
    if pictures is None:
        asyncio.run(record())
    else:
        pictures.mkdir(parents=True, exist_ok=True)
        asyncio.run(photograph(pictures))


if __name__ == "__main__":
    main()
