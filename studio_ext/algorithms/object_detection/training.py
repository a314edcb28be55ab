"""Train Object Detection: a single-shot detector; the weights of the best epoch are kept.

The log has lines such as ``#quality_metric: host=algo-1, epoch=0, validation mAP <score>=(0.5)``.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio_ext.algorithms import job
from studio_ext.algorithms.hyperparameters import HyperparameterError
from studio_ext.algorithms.job import log
from studio_ext.algorithms.object_detection import model as models
from studio_ext.algorithms.object_detection.data import Data, all_values, read_data
from studio_ext.algorithms.object_detection.model import PARAMS, ObjectDetector, network, params
from studio_ext.algorithms.vision import weights

__all__ = ["Fit", "read_data", "train"]


@dataclass(frozen=True, slots=True)
class Fit:
    """A finished training.

    Attributes:
        model: the best one.
        history: channel -> metric -> value after each epoch.
        best_epoch: (from 0) that the model is of.
        found: boxes of each validation image, as ``ObjectDetector.detect`` has them.
        precisions: average precision of each class, NaN of one that no validation image has.
        metrics: channel -> metric -> value of the model.
        seconds: spent training, without reading.
    """

    model: ObjectDetector
    history: dict[str, dict[str, list[float]]]
    best_epoch: int
    found: list[Any]
    precisions: Any
    metrics: dict[str, dict[str, float]]
    seconds: float


def train(hyperparameters: Mapping[str, str], data: Data, model_dir: str | Path) -> Fit:
    """Train, judge and save.

    Raises:
        HyperparameterError, DataError: names what is wrong and what was expected.
        KeyboardInterrupt: the job was stopped; the best weights so far are saved.
    """
    import torch

    from studio_ext.algorithms.object_detection.task import Detection
    from studio_ext.algorithms.vision.loop import Loop
    from studio_ext.algorithms.vision.optimizers import steps

    start, folder = time.perf_counter(), Path(model_dir)
    values = all_values(hyperparameters) | {"width": models.WIDTH, "decays": ("sgd", "rmsprop")}
    for notice in notices(values, data):
        log(f"notice: {notice}")
    torch.set_num_threads(job.threads(len(data.images["train"]) * 3 * values["image_shape"] ** 2))
    torch.manual_seed(0)
    net = network(values)
    begin(net, values, data)
    model = ObjectDetector(net, values)
    task = Detection(model, data)
    loop = Loop(task, values, steps(values), "object-detection")
    try:
        loop.run()
    except KeyboardInterrupt:
        if loop.best_epoch >= 0:
            model.save(folder, loop.best_epoch + 1)
            log(f"stopped: the best model so far is saved as {params(loop.best_epoch + 1)}")
        raise
    model.save(folder, loop.best_epoch + 1)
    log(f"saved {params(loop.best_epoch + 1)}, the best of {loop.epoch} epochs")
    found, precisions = task.detections("validation")
    return Fit(
        model=model,
        history=loop.history,
        best_epoch=loop.best_epoch,
        found=found,
        precisions=precisions,
        metrics={
            channel: {name: series[loop.best_epoch] for name, series in metrics.items()}
            for channel, metrics in loop.history.items()
        },
        seconds=time.perf_counter() - start,
    )


def begin(net: Any, values: Mapping[str, Any], data: Data) -> None:
    """Fill the network from the ``model`` channel, all of it or, from weights that are a base
    network's only, its base; then freeze what is to be frozen."""
    from studio_ext.algorithms.object_detection.network import freeze, renamed

    if data.model is not None:
        state, source = weights.given(data.model, PARAMS)
        state = renamed(state)
        whole = any(name.startswith("base.") for name in state)
        fresh = "(?!)" if whole else r"(?!base\.)|base\.conv[67]\."
        count = weights.fill(net, state, source, prefix="base.", fresh=fresh)
        log(f"starting from {count} tensors of {source}")
    elif values["asks_pretrained"]:
        raise HyperparameterError(
            "use_pretrained_model: '1' needs weights, and none come with this installation; "
            "expected a channel named 'model' with a model.tar.gz of this algorithm or "
            "torchvision's weights of the base network (.pth), or use_pretrained_model=0"
        )
    pattern = values.get("freeze_layer_pattern")
    if pattern and not freeze(net, pattern):
        layers = ", ".join(dict(net.base.named_children()))
        raise HyperparameterError(
            f"freeze_layer_pattern: '{pattern}' is in no layer's name; the layers are {layers}"
        )


def notices(values: Mapping[str, Any], data: Data) -> list[str]:
    """What was asked for and changes nothing, or differs from what was said."""
    found = []
    count = len(data.images["train"])
    if values["num_training_samples"] != count:
        found.append(
            f"num_training_samples is {values['num_training_samples']} and channel 'train' has "
            f"{count} images, which are all used"
        )
    if values["use_pretrained_model"] and not values["asks_pretrained"] and data.model is None:
        found.append(
            "use_pretrained_model is 1 by default, and no weights come with this installation: "
            "training starts from random ones; give weights in a channel named 'model'"
        )
    if "kv_store" in values:
        found.append("kv_store has an effect on several machines only; one trains here")
    return found
