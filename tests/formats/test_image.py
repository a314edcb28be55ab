from __future__ import annotations

import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from studio_ext.formats.errors import DataError
from studio_ext.formats.image import decode


def encoded(array: np.ndarray, kind: str = "PNG", mode: str | None = None) -> bytes:
    buffer = io.BytesIO()
    image = Image.fromarray(array)
    (image if mode is None else image.convert(mode)).save(buffer, kind)
    return buffer.getvalue()


PIXELS = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)


def test_colour_and_grey() -> None:
    assert decode(encoded(PIXELS), "a").tolist() == PIXELS.tolist()
    assert decode(encoded(PIXELS[..., 0]), "a").shape == (2, 4, 3)
    assert decode(encoded(PIXELS), "a", "L").shape == (2, 4)


def test_a_mask_keeps_its_values_whatever_its_palette() -> None:
    mask = np.array([[0, 1], [2, 255]], np.uint8)
    assert decode(encoded(mask), "a", "labels").tolist() == mask.tolist()
    palette = Image.fromarray(mask).convert("P")
    palette.putpalette([9, 9, 9] * 256)
    buffer = io.BytesIO()
    palette.save(buffer, "PNG")
    assert decode(buffer.getvalue(), "a", "labels").tolist() == mask.tolist()


@pytest.mark.parametrize(
    ("data", "mode", "message"),
    [
        (b"", "RGB", "b.png is no image (empty)"),
        (b"hello", "RGB", "b.png is no image (5 bytes that begin with 68 65 6c 6c)"),
        (encoded(np.tile(PIXELS, (20, 20, 1)))[:-40], "RGB", "b.png is a broken image"),
        (encoded(PIXELS), "labels", "b.png is a mask of mode RGB; expected one channel"),
        (encoded(np.full((2, 2), 300, np.uint16)), "labels", "has the value 300"),
    ],
)
def test_broken_images_are_named(data: bytes, mode: str, message: str) -> None:
    with pytest.raises(DataError) as caught:
        decode(data, "b.png", mode)
    assert message in str(caught.value)


def test_pillow_is_imported_when_needed_only() -> None:
    code = "import sys, studio_ext.formats.image; print('PIL' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
