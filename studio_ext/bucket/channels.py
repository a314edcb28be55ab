"""``InputDataConfig``: from S3 into ``input/data/<channel>/``, laid out as SageMaker does.

A channel in Pipe mode is staged too, for built-in algorithms: they read the same records from
files. Objects become files as in File mode. An augmented manifest becomes the stream that the pipe
would carry, in one file ``<channel>.rec``: the values of each line's attributes in order, each in a
RecordIO frame. Source: "Augmented Manifest File Format for Pipe Mode Training" in the developer
guide.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import shutil
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import AwsError, ValidationException
from ..files import TEMPORARY, replacing
from .objects import Objects, StoredObject
from .uri import S3Uri

Config = Mapping[str, Any]

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_MAX_MANIFEST = 256 << 20  # bytes; it is read into memory
_RECORDIO = 0xCED7230A
_MAX_RECORD = 1 << 29  # bytes; the frame has 29 bits for the length


class ChannelError(ValidationException):
    """A channel that cannot be staged.

    Attributes:
        channel: its name.
        uri: the S3 URI at fault, or ``""``.
    """

    def __init__(self, channel: str, message: str, *, uri: str = "") -> None:
        super().__init__(f"channel {channel!r}: {message}")
        self.channel = channel
        self.uri = uri


@dataclass(frozen=True, slots=True)
class Host:
    """This one of ``count`` machines, from 0: it gets its share of a sharded channel."""

    index: int = 0
    count: int = 1


@dataclass(frozen=True, slots=True)
class Channel:
    """A staged channel.

    Attributes:
        path: its folder.
        files: how many.
        size: bytes on disk.
    """

    name: str
    path: Path
    content_type: str | None
    files: int
    size: int


def check(config: Sequence[Config], *, mode: str = "File", pipe: bool = False) -> None:
    """Refuses what can be seen to be wrong without asking S3; for a Create operation.

    Args:
        config: ``InputDataConfig`` as the API takes it.
        mode: the algorithm's ``TrainingInputMode``, for channels without an ``InputMode``.
        pipe: whether the job's code reads a channel in Pipe mode from files.

    Raises:
        ChannelError: names the channel and the value.
    """
    seen: set[str] = set()
    for channel in config:
        name = channel["ChannelName"]
        if not _NAME.fullmatch(name) or name in (".", ".."):
            raise ChannelError(name, "expected a name of letters, digits, '.', '-' and '_'")
        if name in seen:
            raise ChannelError(name, "is there twice; expected unique names")
        seen.add(name)
        source = _source(channel)
        try:
            uri = S3Uri.parse(source["S3Uri"])
        except AwsError as error:
            raise ChannelError(name, error.message, uri=source["S3Uri"]) from None
        if source["S3DataType"] != "S3Prefix" and not uri.key:
            raise ChannelError(name, f"{uri} is a bucket; expected a manifest's URI", uri=str(uri))
        if source["S3DataType"] == "AugmentedManifestFile" and not source.get("AttributeNames"):
            raise ChannelError(
                name, "expected AttributeNames with S3DataType AugmentedManifestFile"
            )
        _check_mode(channel, channel.get("InputMode", mode), pipe)


def _check_mode(channel: Config, mode: str, pipe: bool) -> None:
    name, wrapper = channel["ChannelName"], channel.get("RecordWrapperType", "None")
    augmented = _source(channel)["S3DataType"] == "AugmentedManifestFile"
    if mode == "Pipe" and not pipe:
        raise ChannelError(
            name, "InputMode 'Pipe' is not offered to notebooks; expected 'File' or 'FastFile'"
        )
    if mode == "Pipe" and augmented and wrapper != "RecordIO":
        raise ChannelError(
            name,
            f"RecordWrapperType {wrapper!r} leaves no bounds between the attributes of an "
            "augmented manifest in Pipe mode; expected 'RecordIO'",
        )
    if wrapper != "None" and not (mode == "Pipe" and augmented):
        raise ChannelError(
            name,
            f"RecordWrapperType {wrapper!r} wraps the records of an AugmentedManifestFile in Pipe "
            "mode only; expected 'None'",
        )


def stage(
    config: Sequence[Config], directory: Path, objects: Objects, host: Host | None = None
) -> dict[str, Channel]:
    """Fetches every channel of a job into ``directory/<channel>/``.

    Args:
        config: ``InputDataConfig`` as the API takes it.
        directory: the job's ``input/data``.

    Raises:
        ChannelError: names the channel and the URI; a missing bucket, an empty prefix.
    """
    check(config, pipe=True)  # a notebook's was refused when the job was made
    host = host or Host()
    return {
        channel["ChannelName"]: _Staging(channel, directory, objects, host).run()
        for channel in config
    }


class _Staging:
    """One channel on its way in."""

    def __init__(self, channel: Config, directory: Path, objects: Objects, host: Host) -> None:
        self.config = channel
        self.name: str = channel["ChannelName"]
        self.source = _source(channel)
        self.uri = S3Uri.parse(self.source["S3Uri"])
        self.folder = directory / self.name
        self.objects = objects
        self.host = host
        self.taken: dict[str, str] = {}
        self.size = 0

    def run(self) -> Channel:
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            if self.source["S3DataType"] == "AugmentedManifestFile":
                self._stage_augmented()
            else:
                self._stage_objects()
        except ChannelError:
            raise
        except AwsError as error:  # a bucket that is not there, a key behind a link
            raise ChannelError(self.name, error.message, uri=str(self.uri)) from None
        content_type = self.config.get("ContentType")
        return Channel(self.name, self.folder, content_type, len(self.taken), self.size)

    def _stage_objects(self) -> None:
        listed = self._manifest if self.source["S3DataType"] == "ManifestFile" else self._prefix
        pairs = listed()
        # SageMaker shuffles keys before it deals them to the hosts.
        for item, relative in self._share(self._shuffled(pairs)):
            self._fetch(item, relative)

    def _prefix(self) -> list[tuple[StoredObject, str]]:
        prefix = self.uri.key
        pairs = [
            (item, _below(prefix, item.key)) for item in self.objects.list(self.uri.bucket, prefix)
        ]
        if not pairs:
            raise ChannelError(
                self.name,
                f"no object under {self.uri}; see what is there with: aws s3 ls {self.uri}",
                uri=str(self.uri),
            )
        return pairs

    def _manifest(self) -> list[tuple[StoredObject, str]]:
        """A JSON list: ``{"prefix": "s3://…"}`` first, then keys below it."""
        try:
            entries = json.loads(self._read(self.uri))
        except ValueError as error:
            raise self._bad_manifest(f"is no JSON: {error}") from None
        if not (isinstance(entries, list) and entries and isinstance(entries[0], dict)):
            raise self._bad_manifest('expected a list that begins with {"prefix": "s3://…"}')
        prefix, *names = entries
        base = prefix.get("prefix")
        if not isinstance(base, str) or not all(isinstance(name, str) for name in names):
            raise self._bad_manifest('expected {"prefix": "s3://…"} and then names of objects')
        if not names:
            raise self._bad_manifest("names no object")
        return [(self._find(S3Uri.parse(base + name)), name.lstrip("/")) for name in names]

    def _stage_augmented(self) -> None:
        """JSON lines; each ``*-ref`` names an object, which becomes a file beside the manifest.

        The manifest in the channel keeps the asked-for attributes, in the asked-for order, with
        paths relative to the channel in place of URIs.
        """
        attributes: list[str] = self.source["AttributeNames"]
        lines = [line for line in self._read(self.uri).decode().splitlines() if line.strip()]
        if not lines:
            raise self._bad_manifest("has no lines")
        records = self._records(lines, attributes)
        if self.config.get("InputMode") == "Pipe":
            self._stage_stream(records)
            return
        out: list[str] = []
        for kept in records:
            for name, value in kept.items():
                if name.endswith("-ref"):
                    uri = S3Uri.parse(str(value))
                    kept[name] = f"{uri.bucket}/{uri.key}"
                    if kept[name] not in self.taken:
                        self._fetch(self._find(uri), kept[name])
            out.append(json.dumps(kept, ensure_ascii=False))
        name = self.uri.key.rpartition("/")[2]
        text = "".join(f"{line}\n" for line in out).encode()
        self._take(name, str(self.uri))
        with replacing(self.folder / name) as file:
            file.write(text)
        self.size += len(text)

    def _records(self, lines: list[str], attributes: list[str]) -> Iterator[dict[str, Any]]:
        """The attributes of each line that this host gets, in the asked-for order."""
        for number, line in self._share(self._shuffled(list(enumerate(lines, 1)))):
            try:
                record = json.loads(line)
                yield {name: record[name] for name in attributes}
            except (ValueError, TypeError):
                raise self._bad_manifest(f"line {number} is no JSON object") from None
            except KeyError as missing:
                raise self._bad_manifest(f"line {number} has no attribute {missing}") from None

    def _stage_stream(self, records: Iterator[dict[str, Any]]) -> None:
        """What the pipe would carry: a text as it is, any other value as JSON."""
        path = self._take(f"{self.name}.rec", str(self.uri))
        with replacing(path) as file:
            for kept in records:
                for name, value in kept.items():
                    if name.endswith("-ref"):
                        payload = self._content(self._find(S3Uri.parse(str(value))))
                    else:
                        text = value if isinstance(value, str) else json.dumps(value)
                        payload = text.encode()
                    file.write(_frame(payload))
        self.size += path.stat().st_size

    def _content(self, item: StoredObject) -> bytes:
        if item.size >= _MAX_RECORD:
            raise ChannelError(
                self.name,
                f"{item} has {item.size} bytes; expected less than {_MAX_RECORD}, what a RecordIO "
                "frame can hold",
                uri=str(item),
            )
        path = self.folder.parent / f"{TEMPORARY}record-{self.name}"
        try:
            self.objects.fetch(item, path)
            return path.read_bytes()
        finally:
            path.unlink(missing_ok=True)

    def _fetch(self, item: StoredObject, relative: str) -> None:
        gzipped = self.config.get("CompressionType") == "Gzip"
        relative = relative.removesuffix(".gz") if gzipped else relative
        path = self._take(relative, str(item))
        try:
            self.objects.fetch(item, path)
            if gzipped:
                _gunzip(path)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            raise ChannelError(
                self.name, f"{item} would be both a file and a folder", uri=str(item)
            ) from None
        except (gzip.BadGzipFile, EOFError, zlib.error):
            raise ChannelError(
                self.name,
                f"{item} is no gzip file; expected one, as CompressionType is 'Gzip'",
                uri=str(item),
            ) from None
        self.size += path.stat().st_size

    def _take(self, relative: str, uri: str) -> Path:
        """The file for a path below the channel, which no other object has."""
        if relative in self.taken:
            raise ChannelError(
                self.name,
                f"{uri} and {self.taken[relative]} have the same place {relative!r}",
                uri=uri,
            )
        path = self.folder / relative
        if not relative or ".." in relative.split("/") or not path.is_relative_to(self.folder):
            raise ChannelError(self.name, f"{uri} leads out of the channel", uri=uri)
        self.taken[relative] = uri
        return path

    def _find(self, uri: S3Uri) -> StoredObject:
        item = self.objects.find(uri.bucket, uri.key)
        if item is None:
            raise ChannelError(
                self.name,
                f"no object {uri}, which {self.uri} names; see what is there with: "
                f"aws s3 ls s3://{uri.bucket}/{uri.key.rpartition('/')[0]}/",
                uri=str(uri),
            )
        return item

    def _read(self, uri: S3Uri) -> bytes:
        item = self.objects.find(uri.bucket, uri.key)
        if item is None:
            raise ChannelError(self.name, f"no object {uri}; expected a manifest", uri=str(uri))
        if item.size > _MAX_MANIFEST:
            raise self._bad_manifest(f"has {item.size} bytes; expected at most {_MAX_MANIFEST}")
        path = self.folder.parent / f"{TEMPORARY}manifest-{self.name}"
        try:
            self.objects.fetch(item, path)
            return path.read_bytes()
        finally:
            path.unlink(missing_ok=True)

    def _shuffled(self, items: list[Any]) -> list[Any]:
        shuffle = self.config.get("ShuffleConfig")
        if shuffle:
            random.Random(int(shuffle["Seed"])).shuffle(items)
        return items

    def _share(self, items: list[Any]) -> Iterator[Any]:
        if self.source.get("S3DataDistributionType") == "ShardedByS3Key":
            return iter(items[self.host.index :: self.host.count])
        return iter(items)

    def _bad_manifest(self, message: str) -> ChannelError:
        return ChannelError(self.name, f"manifest {self.uri} {message}", uri=str(self.uri))


def _source(channel: Config) -> Config:
    source = channel["DataSource"].get("S3DataSource")
    if source is None:
        kinds = ", ".join(channel["DataSource"]) or "nothing"
        raise ChannelError(
            channel["ChannelName"], f"expected an S3DataSource, and DataSource has {kinds}"
        )
    return source


def _below(prefix: str, key: str) -> str:
    """Where SageMaker puts a key below its channel.

    ``data/train`` or ``data/train/`` with ``data/train/a.csv`` gives ``a.csv``; a prefix that ends
    inside a name (``data/tr``, or the whole key) keeps that name.
    """
    rest = key[len(prefix) :]
    if not prefix or prefix.endswith("/") or rest.startswith("/"):
        return rest.lstrip("/")
    return key[prefix.rfind("/") + 1 :]


def _frame(payload: bytes) -> bytes:
    """One RecordIO frame, padded to a multiple of 4 bytes."""
    return struct.pack("<II", _RECORDIO, len(payload)) + payload + b"\0" * (-len(payload) % 4)


def _gunzip(path: Path) -> None:
    with gzip.open(path) as source, replacing(path) as target:
        shutil.copyfileobj(source, target, 1 << 20)
