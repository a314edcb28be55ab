"""Train Semantic Segmentation: a dilated residual network; the best epoch's weights are kept.

The log has lines such as ``#quality_metric: host=algo-1, epoch=0, validation mIOU <score>=(0.5)``.
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
from studio_ext.algorithms.semantic_segmentation import model as models
from studio_ext.algorithms.semantic_segmentation.data import Data, all_values, read_data
from studio_ext.algorithms.semantic_segmentation.model import FILE, SemanticSegmenter, network
from studio_ext.algorithms.vision import weights

__all__ = ["Fit", "read_data", "train"]


@dataclass(frozen=True, slots=True)
class Fit:
    """A finished training.

    Attributes:
        model: the best one.
        history: channel -> metric -> value after each epoch.
        best_epoch: (from 0) that the model is of.
        counts: validation pixels by true (rows) and predicted class.
        metrics: channel -> metric -> value of the model.
        seconds: spent training, without reading.
    """

    model: SemanticSegmenter
    history: dict[str, dict[str, list[float]]]
    best_epoch: int
    counts: Any
    metrics: dict[str, dict[str, float]]
    seconds: float


def train(hyperparameters: Mapping[str, str], data: Data, model_dir: str | Path) -> Fit:
    """Train, judge and save ``model_algo-1``.

    Raises:
        HyperparameterError, DataError: names what is wrong and what was expected.
        KeyboardInterrupt: the job was stopped; the best weights so far are saved.
    """
    import torch

    from studio_ext.algorithms.semantic_segmentation.task import Segmentation
    from studio_ext.algorithms.vision import optimizers
    from studio_ext.algorithms.vision.loop import Loop

    start, folder = time.perf_counter(), Path(model_dir)
    values = all_values(hyperparameters) | {"width": models.WIDTH, "decays": ("sgd",)}
    for notice in notices(values, data):
        log(f"notice: {notice}")
    torch.set_num_threads(job.threads(len(data.images["train"]) * 3 * values["crop_size"] ** 2))
    torch.manual_seed(0)
    net = network(values)
    begin(net, values, data)
    model = SemanticSegmenter(net, values)
    task = Segmentation(model, data)
    falls = {"step": optimizers.steps, "poly": optimizers.poly, "cosine": optimizers.cosine}
    loop = Loop(task, values, falls[values["lr_scheduler"]](values), "semantic-segmentation")
    try:
        loop.run()
    except KeyboardInterrupt:
        if loop.best_epoch >= 0:
            model.save(folder)
            log(f"stopped: the best model so far is saved as {FILE}")
        raise
    model.save(folder)
    log(f"saved {FILE}, epoch {loop.best_epoch} of {loop.epoch}, the best")
    return Fit(
        model=model,
        history=loop.history,
        best_epoch=loop.best_epoch,
        counts=task.counts("validation"),
        metrics={
            channel: {name: series[loop.best_epoch] for name, series in metrics.items()}
            for channel, metrics in loop.history.items()
        },
        seconds=time.perf_counter() - start,
    )


def begin(net: Any, values: Mapping[str, Any], data: Data) -> None:
    """Fill the network from the ``model`` channel: all of it or, from weights that are a
    backbone's only, its backbone."""
    if data.model is not None:
        state, source = weights.given(data.model, FILE)
        whole = any(name.startswith("backbone.") for name in state)
        fresh = "(?!)" if whole else r"decoder\."
        count = weights.fill(net, state, source, prefix="backbone.", fresh=fresh)
        log(f"starting from {count} tensors of {source}")
    elif values["asks_pretrained"]:
        raise HyperparameterError(
            "use_pretrained_model: 'True' needs weights, and none come with this installation; "
            "expected a channel named 'model' with a model.tar.gz of this algorithm or "
            "torchvision's weights of the backbone (.pth), or use_pretrained_model=False"
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
            "use_pretrained_model is True by default, and no weights come with this installation: "
            "training starts from random ones; give weights in a channel named 'model'"
        )
    if values["syncbn"]:
        found.append("syncbn has an effect on several GPUs only; there is none here")
    return found
