"""How well and how fast speech becomes text, by recording: ``python -m tests.benchmarks.speech [--long]``.

Word error rate, processor seconds per second of sound, and the process's peak memory; each model in its own process.
``--long`` adds a session of ten minutes, made of the English recordings with pauses between them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import jiwer
import numpy as np
import psutil

from enrich_tui.config import AudioConfig, StageConfig
from enrich_tui.errors.problems import StageError
from enrich_tui.media.decode import RATE, decode_audio
from enrich_tui.model import Session, Stage, StageTask
from enrich_tui.stages import audio
from enrich_tui.stages.results import Transcript
from tests.unit.audio.test_engine import CORPUS, ENGLISH, plain, told
from tests.unit.media.making import make

LONG = 600.0
OTHERS = ("memo_spanish.opus", "silence.wav", "truncated.mp3", "corrupt_bytes.mp4")


def main() -> None:
    """Run each model in a process of its own."""
    for model in ("tiny.en", "base"):
        subprocess.run([sys.executable, "-m", __spec__.name, "--model", model, *sys.argv[1:]], check=True)


def measure(model: str, long: bool) -> None:
    truth = {name: facts.get("text") for name, facts in json.loads((CORPUS / "truth.json").read_bytes()).items()}
    print(f"\n{model}\n{'recording':<22}{'seconds':>8}{'WER':>8}{'cpu-s/s':>9}{'x real':>8}{'words':>7}")
    with tempfile.TemporaryDirectory() as folder:
        first = CORPUS / ENGLISH[0]
        transcribe(first, model, Path(folder) / "warming")
        known: list[str] = []
        heard: list[str] = []
        for name in (*ENGLISH, *OTHERS):
            found = line(CORPUS / name, truth[name], model, Path(folder) / name)
            if name in ENGLISH and found is not None:
                known.append(plain(truth[name] or ""))
                heard.append(told(found))
        print(f"{'English together':<22}{'':>8}{jiwer.wer(known, heard):>8.1%}")
        if long:
            path, text = long_session(Path(folder), truth)
            line(path, text, model, Path(folder) / "long")
    print(f"peak memory {_peak():.0f} MB")


def line(path: Path, text: str | None, model: str, output: Path) -> Transcript | None:
    began, spent = time.perf_counter(), time.process_time()
    try:
        transcript = transcribe(path, model, output)
    except StageError as error:
        print(f"{path.name:<22}{'':>8}  refused: {error.problem.value} ({time.process_time() - spent:.1f} cpu-s)")
        return None
    seconds = transcript.duration
    cpu, wall = time.process_time() - spent, time.perf_counter() - began
    rate = f"{jiwer.wer(plain(text), told(transcript)):.1%}" if text else "-"
    words = len(told(transcript).split())
    print(f"{path.name:<22}{seconds:>8.1f}{rate:>8}{cpu / seconds:>9.3f}{seconds / wall:>8.1f}{words:>7}")
    return transcript


def transcribe(path: Path, model: str, output: Path) -> Transcript:
    sources = {"video" if path.suffix in {".mp4", ".mkv"} else "audio": (path,)}
    session = Session.model_validate({"id": path.name, "title": path.name, "source": path, "output": output, **sources})
    config = StageConfig(audio=AudioConfig(model=model))
    audio.run(
        StageTask(session=session, stage=Stage.AUDIO, config=config), lambda fraction, message="", kept=None: None
    )
    return Transcript.model_validate_json((output / "transcript.json").read_bytes())


def long_session(folder: Path, truth: dict[str, str | None]) -> tuple[Path, str]:
    parts: list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]] = []
    texts: list[str] = []
    while sum(map(len, parts)) < LONG * RATE:
        name = ENGLISH[len(texts) % len(ENGLISH)]
        pause = np.zeros(int((0.6 + 0.4 * (len(texts) % 5)) * RATE), np.float32)
        parts += [*decode_audio(CORPUS / name), pause]
        texts.append(truth[name] or "")
    return make(folder / "ten_minutes.flac", sound=[np.concatenate(parts)], rate=RATE), " ".join(texts)


def _peak() -> float:
    if sys.platform == "win32":
        return float(psutil.Process().memory_info().peak_wset) / 1e6
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3


if __name__ == "__main__":
    if "--model" in sys.argv:
        measure(sys.argv[sys.argv.index("--model") + 1], "--long" in sys.argv)
    else:
        main()
