"""Weights on disk: MXNet's ``.params`` files, and those that a ``model`` channel brings.

Tensors are named as in torch, with MXNet's prefix ``arg:`` of weights or ``aux:`` of statistics.
"""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from studio_ext.algorithms.job import write_whole
from studio_ext.formats import mxnet
from studio_ext.formats.errors import DataError

STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
TORCH = (".pth", ".pt", ".bin")


def save(net: Any, path: Path) -> None:
    """Write a network's state, whole or not at all."""
    arrays = {
        f"{'aux' if name.endswith(STATISTICS) else 'arg'}:{name}": tensor.detach().cpu().numpy()
        for name, tensor in net.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    data = mxnet.dump(arrays)

    def write(part: Path) -> None:
        part.write_bytes(data)

    write_whole(path, write)


def write_json(path: Path, content: Any) -> None:
    """Write what describes a network, whole or not at all."""

    def write(part: Path) -> None:
        part.write_text(json.dumps(content, indent=2) + "\n")

    write_whole(path, write)


def load(net: Any, path: Path) -> None:
    """Fill a network from a file that ``save`` wrote.

    Raises:
        DataError: it is no such file, or of another network.
    """
    fill(net, _params(path.read_bytes(), path.name), path.name)


def given(channel: Mapping[str, Any], pattern: str) -> tuple[dict[str, Any], str]:
    """The tensors of a ``model`` channel, and the name of their file.

    Args:
        pattern: of the file's name in an artefact of ours; the last by name is taken.

    Raises:
        DataError: the channel has neither that nor a torch state dictionary.
    """
    folder = Path(channel["path"])
    files = sorted(folder.rglob("*")) if folder.is_dir() else [folder]
    found = {name: data for file in files for name, data in _contents(file)}
    ours = sorted(name for name in found if re.fullmatch(pattern, Path(name).name))
    if ours:
        return _params(found[ours[-1]], ours[-1]), ours[-1]
    others = [name for name in found if name.endswith(TORCH)]
    if others:
        return _torch(found[others[0]], others[0]), others[0]
    raise DataError(
        f"channel 'model' has no weights in '{folder}'; expected the model.tar.gz of a job of this "
        f"algorithm, or a torch state dictionary ({', '.join(TORCH)})"
    )


def _contents(file: Path) -> Iterator[tuple[str, bytes]]:
    if file.is_dir():
        return
    if not file.name.endswith((".tar.gz", ".tgz")):
        yield file.name, file.read_bytes()
        return
    try:
        with tarfile.open(file) as archive:
            for member in archive:
                handle = archive.extractfile(member) if member.isfile() else None
                if handle is not None:
                    yield member.name, handle.read()
    except (tarfile.TarError, OSError, EOFError) as error:
        raise DataError(f"{file.name} is no gzipped tar archive ({error})") from error


def _params(data: bytes, source: str) -> dict[str, Any]:
    import torch

    try:
        arrays = mxnet.load(data)
    except DataError as error:
        raise DataError(f"{source}: {error}") from error
    return {name.partition(":")[2]: torch.tensor(array) for name, array in arrays.items()}


def _torch(data: bytes, source: str) -> dict[str, Any]:
    import torch

    try:
        state = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as error:  # torch's reader raises anything over what is no such file
        raise DataError(f"{source} is no torch state dictionary ({str(error)[:200]})") from error
    state = state.get("state_dict", state) if isinstance(state, dict) else {}
    tensors = {name: t for name, t in state.items() if isinstance(t, torch.Tensor)}
    if not tensors:
        raise DataError(f"{source} has no tensors; expected a torch state dictionary")
    return tensors


def fill(
    net: Any, state: Mapping[str, Any], source: str, *, prefix: str = "", fresh: str = "(?!)"
) -> int:
    """Copy tensors into a network by name.

    Args:
        prefix: of names in the network that the file has without it, such as ``base.``.
        fresh: regular expression of names that keep their random start.

    Returns:
        How many tensors were filled.

    Raises:
        DataError: a tensor is missing or of another shape; names it.
    """
    import torch

    named = {
        name if name in state else name.removeprefix(prefix): name for name in net.state_dict()
    }
    count = 0
    with torch.no_grad():
        own = net.state_dict()
        for theirs, name in named.items():
            if re.match(fresh, name) or name.endswith("num_batches_tracked"):
                continue
            if theirs not in state:
                raise DataError(
                    f"{source} has no tensor '{theirs}'; expected the weights of this network "
                    f"(the same layers, classes and image shape)"
                )
            if state[theirs].shape != own[name].shape:
                raise DataError(
                    f"{source}: tensor '{theirs}' has the shape {tuple(state[theirs].shape)}; "
                    f"expected {tuple(own[name].shape)}: the hyperparameters that make the network "
                    f"must be those of the given model"
                )
            own[name].copy_(state[theirs])
            count += 1
    return count
