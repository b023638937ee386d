"""Reads pictures with RapidOCR, whose models come inside its package."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import rapidocr
from PIL import Image

from enrich_tui.stages.ocr.lines import Line

_LOOKED_AT = 1280
"""Longest side, in pixels, of the picture in which lines are looked for; they are read in full size. Lines are found
as well as in the full size, for two thirds of the work (``python -m tests.benchmarks.ocr``)."""


class Rapid:
    """A loaded RapidOCR. Raises ``FileNotFoundError`` where its models are missing: it would fetch them."""

    name = "rapidocr"

    def __init__(self, threads: int) -> None:
        self._engine = rapidocr.RapidOCR(
            params={
                "EngineConfig.onnxruntime.intra_op_num_threads": threads,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "Global.log_level": "error",
                "Global.use_cls": False,  # screens are upright
                "Det.limit_type": "max",
                "Det.limit_side_len": _LOOKED_AT,
                "Rec.rec_batch_num": 1,  # in a batch, lines are padded to the longest: more work and more memory
                "Det.model_path": _model("det"),
                "Rec.model_path": _model("rec"),
            }
        )

    def read(self, picture: Image.Image) -> list[Line]:
        """The lines of text in a picture, from above."""
        found: Any = self._engine(np.asarray(picture.convert("L")))
        if found.txts is None or found.boxes is None:
            return []
        lines = []
        for text, box in zip(found.txts, found.boxes, strict=True):
            top, bottom = float(box[:, 1].min()), float(box[:, 1].max())
            lines.append(Line(text, top / picture.height, (bottom - top) / picture.height))
        return lines


def _model(task: str) -> str:
    for path in sorted((Path(rapidocr.__file__).parent / "models").glob(f"*_{task}_*.onnx")):
        return str(path)
    raise FileNotFoundError(f"RapidOCR was installed without its model for '{task}'.")
