"""What Studio knows of a framework without running anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..environments.spec import Spec

Notices = Callable[[str], list[str]]


@dataclass(frozen=True, slots=True)
class Framework:
    """One framework.

    Attributes:
        name: as ``image_uris.retrieve`` of the sagemaker SDK names it, such as ``mxnet``.
        title: for people.
        images: repository names of its images for training, the newest first.
        serving_images: those that are for inference only.
        tags: regular expression of the image tags that run.
        tags_words: the same for people.
        notebook: the job's notebook, relative to the shipped notebooks.
        environment: what its scripts run in.
        notices: what somebody who asked for a tag should know.
    """

    name: str
    title: str
    images: tuple[str, ...]
    serving_images: tuple[str, ...]
    tags: str
    tags_words: str
    notebook: str
    environment: Spec
    notices: Notices
