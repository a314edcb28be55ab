"""What the channels of an image algorithm hold: records, an augmented manifest, or files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from studio_ext.algorithms.algorithm import Algorithm
from studio_ext.algorithms.extras import need
from studio_ext.formats.augmented import Entry, read as read_augmented
from studio_ext.formats.channel import ContentType
from studio_ext.formats.errors import DataError
from studio_ext.formats.files import data_files
from studio_ext.formats.image_recordio import LabelledImage, read as read_records

Channels = Mapping[str, Mapping[str, Any]]
RECORDS, AUGMENTED, FILES = "records", "augmented", "files"
SUFFIXES = (".jpg", ".jpeg", ".png")
PART = ("train", "validation")


def check_channels(algorithm: Algorithm, channels: Channels) -> None:
    """Raise for a library that is missing, a channel that is not known, or one that is missing."""
    for module in ("torch", "PIL"):
        need(module, "deep")
    known = {channel.name: channel for channel in algorithm.channels}
    for name in channels:
        if name not in known:
            raise DataError(
                f"channel '{name}' is not known to {algorithm.name}; expected "
                f"{', '.join(sorted(known))}"
            )
    for name, channel in known.items():
        if channel.required and name not in channels:
            raise DataError(f"channel '{name}' is missing; {algorithm.name} needs it")


def kind_of(name: str, channel: Mapping[str, Any]) -> str:
    """Which of the three a channel is: told by its attributes, content type and first file."""
    if channel.get("attributes"):
        return AUGMENTED
    given = channel.get("content_type")
    if given:
        recordio = ContentType.parse(given).name == "application/x-recordio"
    else:
        recordio = data_files(Path(channel["path"]), name)[0].suffix == ".rec"
    return RECORDS if recordio else FILES


def records(name: str, channel: Mapping[str, Any]) -> list[LabelledImage]:
    """The records of every ``.rec`` file of a channel."""
    return [
        record
        for file in data_files(Path(channel["path"]), name)
        if file.suffix != ".idx"  # im2rec leaves an index beside the records
        for record in read_records(file)
    ]


def entries(name: str, channel: Mapping[str, Any], width: int, example: str) -> list[Entry]:
    """The samples of an augmented manifest.

    Args:
        width: attributes that the algorithm reads, the image first; more are passed over.
        example: attribute names that would do, for the message.
    """
    attributes: Sequence[str] = channel["attributes"]
    if len(attributes) < width or not attributes[0].endswith("-ref"):
        raise DataError(
            f"channel '{name}' has the AttributeNames {', '.join(attributes)}; expected the image "
            f"and then its annotation, such as {example}"
        )
    return read_augmented(Path(channel["path"]), name, attributes)


def image_files(name: str, channel: Mapping[str, Any]) -> dict[str, Path]:
    """The image files of a channel by their path below it."""
    root = Path(channel["path"])
    found = {
        str(file.relative_to(root)): file
        for file in data_files(root, name)
        if file.suffix.lower() in SUFFIXES
    }
    if not found:
        raise DataError(f"channel '{name}' has no file named {', '.join(SUFFIXES)} in '{root}'")
    return found


def beside(algorithm: Algorithm, name: str, suffix: str, channels: Channels) -> Path:
    """The folder of the channel that goes with image files, such as ``train_lst``."""
    other = f"{name}_{suffix}"
    if other not in channels:
        raise DataError(
            f"channel '{other}' is missing; {algorithm.name} needs it when channel '{name}' has "
            f"image files"
        )
    return Path(channels[other]["path"])
