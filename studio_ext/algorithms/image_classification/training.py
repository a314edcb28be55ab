"""Train Image Classification: a residual network; the weights of the best epoch are kept.

The log has lines such as ``Epoch[0] Validation-accuracy=0.5``, as SageMaker's.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio_ext.algorithms import job
from studio_ext.algorithms.hyperparameters import HyperparameterError
from studio_ext.algorithms.image_classification.data import Data, all_values, read_data
from studio_ext.algorithms.image_classification.model import (
    NAME,
    PARAMS,
    ImageClassifier,
    network,
    params,
)
from studio_ext.algorithms.job import log
from studio_ext.algorithms.vision import weights

__all__ = ["Fit", "read_data", "train"]


@dataclass(frozen=True, slots=True)
class Fit:
    """A finished training.

    Attributes:
        model: the best one.
        history: channel -> metric -> value after each epoch.
        best_epoch: (from 0) that the model is of.
        probabilities: of the validation images, shape (images, classes).
        metrics: channel -> metric -> value: of the validation channel by the model, of the train
            channel during the best epoch.
        seconds: spent training, without reading.
    """

    model: ImageClassifier
    history: dict[str, dict[str, list[float]]]
    best_epoch: int
    probabilities: Any
    metrics: dict[str, dict[str, float]]
    seconds: float


def train(hyperparameters: Mapping[str, str], data: Data, model_dir: str | Path) -> Fit:
    """Train, judge and save.

    Raises:
        HyperparameterError, DataError: names what is wrong and what was expected.
        KeyboardInterrupt: the job was stopped; the best weights so far are saved.
    """
    import torch

    from studio_ext.algorithms.image_classification.task import Classification
    from studio_ext.algorithms.vision.loop import Loop
    from studio_ext.algorithms.vision.optimizers import steps

    start = time.perf_counter()
    values, folder = all_values(hyperparameters), Path(model_dir)
    for notice in notices(values, data):
        log(f"notice: {notice}")
    channels, height, width = values["image_shape"]
    torch.set_num_threads(job.threads(len(data.images["train"]) * channels * height * width))
    torch.manual_seed(0)
    net = network(values)
    begin(net, values, data)
    model, task = ImageClassifier(net, values), Classification(net, values, data)
    loop = Loop(task, values, steps(values), NAME)
    often = values.get("checkpoint_frequency")
    loop.after = lambda epoch: (
        weights.save(net, folder / params(epoch)) if often and epoch % often == 0 else None
    )
    try:
        loop.run()
    except KeyboardInterrupt:
        if loop.best_epoch >= 0:
            model.save(folder, loop.best_epoch + 1)
            log(f"stopped: the best model so far is saved as {params(loop.best_epoch + 1)}")
        raise
    model.save(folder, loop.best_epoch + 1)
    log(f"saved {params(loop.best_epoch + 1)}, the best of {loop.epoch} epochs")
    scores, _ = task.scores("validation")
    kept = {
        channel: {name: series[loop.best_epoch] for name, series in metrics.items()}
        for channel, metrics in loop.history.items()
    }
    return Fit(
        model=model,
        history=loop.history,
        best_epoch=loop.best_epoch,
        probabilities=(scores.sigmoid() if values["multi_label"] else scores.softmax(1)).numpy(),
        metrics=kept,
        seconds=time.perf_counter() - start,
    )


def begin(net: Any, values: Mapping[str, Any], data: Data) -> None:
    """Fill the network from the ``model`` channel: all of it, but with use_pretrained_model=1 not
    its last layer."""
    if data.model is None:
        if values["use_pretrained_model"]:
            raise HyperparameterError(
                "use_pretrained_model: '1' needs weights, and none come with this installation; "
                "expected a channel named 'model' with a model.tar.gz of this algorithm or "
                "torchvision's weights of this network (.pth), or use_pretrained_model=0"
            )
        return
    state, source = weights.given(data.model, PARAMS)
    fresh = r"fc\." if values["use_pretrained_model"] else "(?!)"
    count = weights.fill(net, state, source, fresh=fresh)
    log(f"starting from {count} tensors of {source}")


def notices(values: Mapping[str, Any], data: Data) -> list[str]:
    """What was asked for and changes nothing, or differs from what was said."""
    found = []
    count = len(data.images["train"])
    if values["num_training_samples"] != count:
        found.append(
            f"num_training_samples is {values['num_training_samples']} and channel 'train' has "
            f"{count} images, which are all used"
        )
    if "kv_store" in values:
        found.append("kv_store has an effect on several machines only; one trains here")
    return found
