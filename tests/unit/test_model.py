from __future__ import annotations

import os
from pathlib import Path, PureWindowsPath

from hypothesis import given
from hypothesis import strategies as st

from enrich_tui.model import Session, Stage, StageTask, _path_to_json

NAMES = st.binary(min_size=1, max_size=60).filter(lambda name: b"\0" not in name)


@given(name=NAMES)
def test_a_task_survives_json_whatever_its_files_are_called(name: bytes) -> None:
    path = Path("library") / os.fsdecode(name)
    session = Session(id="a", title="a", source=path, output=path, video=(path,))
    task = StageTask(session=session, stage=Stage.VIDEO)
    assert StageTask.model_validate_json(task.model_dump_json()) == task


def test_a_way_below_a_folder_is_written_as_every_system_reads_it() -> None:
    assert _path_to_json(PureWindowsPath(r"thumbnails\001.jpg")) == "thumbnails/001.jpg"
    assert _path_to_json(PureWindowsPath(r"C:\Recordings\a.mp4")) == r"C:\Recordings\a.mp4"
