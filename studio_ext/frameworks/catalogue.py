"""Which image is which framework.

As with algorithms, the repository's name decides, and the registry is not looked at.
"""

from __future__ import annotations

import re

from ..algorithms.catalogue import IMAGE, UnknownImage
from .framework import Framework
from .mxnet import MXNET

FRAMEWORKS: tuple[Framework, ...] = (MXNET,)


def find(image: str) -> Framework | None:
    """The framework whose scripts an image trains; None for an image that is no framework's.

    Raises:
        UnknownImage: it is a framework's, but not one that can train here.
    """
    found = IMAGE.fullmatch(image.strip())
    if found is None:
        return None
    for framework in FRAMEWORKS:
        if found["repository"] in framework.serving_images:
            raise UnknownImage(
                f"image '{image}' is {framework.title}'s for inference; "
                f"the one for training is {framework.images[0]}"
            )
        if found["repository"] in framework.images:
            if found["tag"] and not re.fullmatch(framework.tags, found["tag"]):
                raise UnknownImage(
                    f"image '{image}' has the tag '{found['tag']}', which does not run here; "
                    f"expected {framework.tags_words}"
                )
            return framework
    return None


def notices(image: str, framework: Framework) -> list[str]:
    """What somebody who asked for exactly this image should know."""
    found = IMAGE.fullmatch(image.strip())
    return framework.notices(found["tag"] or "") if found else []
