"""What the algorithms on torch share. Imported only by their training and serving."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from studio_ext.formats.errors import DataError


@contextmanager
def repeatable(threads: int, seed: int = 0) -> Iterator[None]:
    """Run with ``threads`` threads and random numbers that do not depend on what ran before."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(before)


def optimizer_of(
    name: str, parameters: Any, learning_rate: float, weight_decay: float = 0.0
) -> Any:
    """torch's optimizer of SageMaker's name: adadelta, adagrad, adam, rmsprop or sgd."""
    kind = {
        "adadelta": torch.optim.Adadelta,
        "adagrad": torch.optim.Adagrad,
        "adam": torch.optim.Adam,
        "rmsprop": torch.optim.RMSprop,
        "sgd": torch.optim.SGD,
    }[name]
    return kind(parameters, lr=learning_rate, weight_decay=weight_decay)


def arrays_of(network: Any) -> dict[str, Any]:
    """The weights of a network as float32 arrays of at least one dimension."""
    return {
        name: np.atleast_1d(tensor.detach().numpy().astype(np.float32))
        for name, tensor in network.state_dict().items()
    }


def restore(network: Any, arrays: Mapping[str, Any]) -> Any:
    """The network itself, with weights from ``arrays_of``, ready to predict.

    Raises:
        DataError: the arrays are of a network of another shape.
    """
    try:
        state = {
            name: torch.from_numpy(np.array(arrays[name])).reshape(tensor.shape).to(tensor.dtype)
            for name, tensor in network.state_dict().items()
        }
    except (KeyError, RuntimeError) as error:
        raise DataError(f"the model's weights do not fit its description ({error})") from error
    network.load_state_dict(state)
    return network.eval()
