"""Encoded images as arrays, with the file named when one is broken."""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np

from studio_ext.formats.errors import DataError

LARGEST = 100_000_000  # pixels


def decode(data: bytes, where: str, mode: str = "RGB") -> Any:
    """The pixels of a JPEG or PNG file.

    Args:
        where: the file or record, for messages.
        mode: ``RGB``, ``L`` (grey), or ``labels`` for a mask's own 8-bit values, which are not
            looked up in its palette.

    Returns:
        uint8 of shape (height, width, 3), or (height, width) unless the mode is ``RGB``.

    Raises:
        DataError: it is no image, it is cut short, it is larger than 100 million pixels, or a
            mask has more than one channel.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata
            image = Image.open(io.BytesIO(data))
            if image.width * image.height > LARGEST:
                raise DataError(
                    f"{where} has {image.width} x {image.height} pixels; expected at most {LARGEST}"
                )
            if mode != "labels":
                return np.asarray(image.convert(mode))
            if image.mode not in ("L", "P", "1", "I", "I;16"):
                raise DataError(
                    f"{where} is a mask of mode {image.mode}; expected one channel of 8 bits "
                    f"(mode L or P)"
                )
            values = np.asarray(image).astype(np.int64)
            if values.max(initial=0) > 255:
                raise DataError(f"{where} has the value {values.max()}; expected at most 255")
            return values.astype(np.uint8)
    except UnidentifiedImageError as error:
        raise DataError(
            f"{where} is no image ({_kind(data)}); expected a JPEG or PNG file"
        ) from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{where} is a broken image ({error})") from error


def _kind(data: bytes) -> str:
    return f"{len(data)} bytes that begin with {data[:4].hex(' ')}" if data else "empty"
