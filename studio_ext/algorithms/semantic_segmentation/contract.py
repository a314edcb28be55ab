"""Semantic Segmentation's hyperparameters, metrics and channels, as SageMaker documents them.

Source: the developer guide's pages "Semantic Segmentation Hyperparameters" and "Tuning a Semantic
Segmentation Model".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studio_ext.algorithms.algorithm import Algorithm, Channel, Metric
from studio_ext.algorithms.hyperparameters import (
    Hyperparameter,
    Tunable,
    choice,
    flag,
    integer,
    number,
)
from studio_ext.algorithms.vision.contract import (
    IMAGES,
    OPEN_SHARE,
    RATE,
    RECORDIO,
    SHARE,
    early_stopping,
    learning_channels,
    lr_scheduler_step,
)

MOST_CLASSES = 254  # 255 is no class: such pixels are passed over

HYPERPARAMETERS: tuple[Hyperparameter, ...] = (
    integer("num_classes", "Classes of pixels, from 0.", 2, required=True, tunable=None),
    integer("num_training_samples", "Images of the train channel.", 1, required=True),
    choice("backbone", "Network of the features.", "resnet-50", "resnet-101", default="resnet-50"),
    choice("algorithm", "What is on top of it.", "fcn", "psp", "deeplab", default="fcn"),
    flag("use_pretrained_model", "Start from the weights in channel model.", default="True"),
    integer("base_size", "Longer side that images are scaled to.", 17, default="520"),
    integer("crop_size", "Side of the square that training sees.", 17, default="240"),
    integer("epochs", "Passes over the training images.", 1, default="10"),
    integer("mini_batch_size", "Images of a step.", 1, default="16", tunable=Tunable(1, 128)),
    integer("validation_mini_batch_size", "Images judged at a time.", 1, default="16"),
    choice(
        "optimizer",
        "How steps are made.",
        "adam",
        "adagrad",
        "nag",
        "rmsprop",
        "sgd",
        default="sgd",
    ),
    number(
        "learning_rate",
        "Step size at the start.",
        RATE,
        default="0.001",
        tunable=Tunable(1e-4, 1e-1, "Logarithmic"),
    ),
    choice("lr_scheduler", "How it falls.", "step", "poly", "cosine", default="poly"),
    number("lr_scheduler_factor", "What a step multiplies it by.", SHARE, default="0.1"),
    lr_scheduler_step(),
    number("momentum", "Of sgd and nag.", RATE, default="0.9", tunable=Tunable(0.9, 0.999)),
    number(
        "weight_decay",
        "L2 regularisation, of sgd.",
        OPEN_SHARE,
        default="0.0001",
        tunable=Tunable(1e-5, 1e-3),
    ),
    number("gamma1", "Decay of rmsprop's squared gradients.", SHARE, default="0.9"),
    number("gamma2", "Momentum of rmsprop.", SHARE, default="0.9"),
    flag("syncbn", "Share statistics between GPUs.", default="False"),
    *early_stopping(5, 4, least=0),
)


def rules(values: Mapping[str, Any]) -> list[str]:
    """What is wrong between hyperparameters that are right by themselves."""
    wrong = []
    if values["num_classes"] > MOST_CLASSES:
        wrong.append(
            f"num_classes: '{values['num_classes']}' is not valid; expected an integer at least 2 "
            f"and at most {MOST_CLASSES}"
        )
    if values.get("lr_scheduler") == "step" and not values.get("lr_scheduler_step"):
        wrong.append("lr_scheduler_step is missing; lr_scheduler=step needs it, such as 5, 8")
    return wrong


SEMANTIC_SEGMENTATION = Algorithm(
    name="semantic-segmentation",
    title="Semantic Segmentation",
    images=("semantic-segmentation",),
    tags=r"latest|1",
    package="studio_ext.algorithms.semantic_segmentation",
    notebook="algorithms/semantic_segmentation.ipynb",
    hyperparameters=HYPERPARAMETERS,
    rules=rules,
    metrics=(
        *(
            Metric(
                f"validation:{name}",
                rf"#quality_metric: host=\S+, epoch=\d+, validation {name} <score>=\((\S+)\)",
                True,
            )
            for name in ("mIOU", "pixel_accuracy")
        ),
        Metric(
            "train:loss",
            r"#quality_metric: host=\S+, epoch=\d+, train loss <loss>=\((\S+)\)",
            False,
            tunable=False,
        ),
    ),
    channels=(
        *learning_channels((*IMAGES, RECORDIO), "annotation"),
        Channel("label_map", ("application/json", "application/x-image", "image/png")),
    ),
    inference_types=("image/jpeg", "image/png", "application/x-image"),
    accept=("image/png", "application/x-recordio-protobuf", "application/x-protobuf"),
)
