"""Whether memory ran out. Few libraries say so by the type of their error."""

from __future__ import annotations

import re

_WORDS = re.compile(r"failed to allocate|(cannot|unable to) allocate|failed to map segment|bad_alloc", re.IGNORECASE)


def is_shortage(error: BaseException | None) -> bool:
    """True where ``error``, or one that it came of, is a want of memory: by type, or by the words of native code."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, MemoryError):
            return True
        if isinstance(error, RuntimeError | ImportError) and _WORDS.search(str(error)):
            return True
        error = error.__cause__ or error.__context__
    return False
