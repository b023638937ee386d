"""What a worker's process gets to know of its surroundings: an allow-list, so that no key or password reaches it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_ALLOWED = frozenset(
    {
        *("PATH", "HOME", "USER", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP", "VIRTUAL_ENV"),
        *("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"),
        *("PYTHONHOME", "PYTHONUTF8", "PYTHONHASHSEED", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"),
        *("HF_HOME", "HF_HUB_CACHE", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "TESSDATA_PREFIX"),
        *("SYSTEMROOT", "WINDIR", "APPDATA", "LOCALAPPDATA", "USERPROFILE", "PATHEXT", "NUMBER_OF_PROCESSORS"),
    }
)
_ROOT = Path(__file__).resolve().parents[2]
_INSTALLED = _ROOT.name in {"site-packages", "dist-packages"}


def child_environment(environment: Mapping[str, str], threads: int) -> dict[str, str]:
    """The environment of a worker's process whose engines may use ``threads`` threads."""
    kept = {name: value for name, value in environment.items() if name in _ALLOWED or name.startswith("LC_")}
    # The child does not look for modules in the current folder, which may be somebody's recordings. Hence it has to be
    # told where an uninstalled package is.
    paths = ("" if _INSTALLED else str(_ROOT), environment.get("PYTHONPATH", ""))
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    kept["HF_HUB_OFFLINE"] = "1"
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
        kept[name] = str(threads)
    # Each thread's own heap reserves 64 MB of address space, which is what the memory limit counts.
    kept["MALLOC_ARENA_MAX"] = "2"
    return kept
