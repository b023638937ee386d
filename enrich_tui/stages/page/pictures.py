"""Pictures that go into the page: decoded within limits, made small, written anew."""

from __future__ import annotations

import base64
import io
import stat
from pathlib import Path

from PIL import Image, ImageOps

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
MAX_PIXELS = 60_000_000
MAX_BYTES = 64 * 1024**2


def data_uri(path: Path, width: int) -> tuple[str, int, int] | None:
    """The picture as a ``data:`` URI of a WebP at most ``width`` pixels wide, with its width and height in pixels.

    None where it is no picture of a known kind, too large, or damaged.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES:
            return None
        with Image.open(path, formats=FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                return None
            picture.draft("RGB", (width, width))
            upright = ImageOps.exif_transpose(picture).convert("RGB")
            upright.thumbnail((width, width * 4), Image.Resampling.LANCZOS)
            out = io.BytesIO()
            upright.save(out, "WEBP", quality=74, method=3)
    except (OSError, ValueError, SyntaxError, MemoryError, Image.DecompressionBombError):
        return None
    return f"data:image/webp;base64,{base64.b64encode(out.getvalue()).decode('ascii')}", upright.width, upright.height
