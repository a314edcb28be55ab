"""Object Detection's hyperparameters, metrics and channels, as SageMaker documents them.

Source: the developer guide's pages "Object Detection Hyperparameters" and "Tune an Object
Detection Model". SageMaker takes an ``image_shape`` from 300; smaller ones, which train in bearable
time without a GPU, are taken too.
"""

from __future__ import annotations

import re

from studio_ext.algorithms.algorithm import Algorithm, Metric
from studio_ext.algorithms.hyperparameters import (
    Hyperparameter,
    Tunable,
    choice,
    flag,
    integer,
    number,
    text,
)
from studio_ext.algorithms.vision.contract import (
    IMAGES,
    OPEN_SHARE,
    RATE,
    RECORDIO,
    early_stopping,
    kv_store,
    learning_channels,
    lr_scheduler_step,
    sizes,
)


def pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"a regular expression ({error})") from None
    return value


HYPERPARAMETERS: tuple[Hyperparameter, ...] = (
    *sizes(),
    choice("base_network", "Network of the features.", "vgg-16", "resnet-50", default="vgg-16"),
    flag("use_pretrained_model", "Start from the weights in channel model.", default="1"),
    integer("image_shape", "Side of the square that images are scaled to.", 64, default="300"),
    integer("label_width", "Numbers of the longest annotation, at least.", 1, default="350"),
    integer("epochs", "Passes over the training images.", 1, default="30"),
    integer("mini_batch_size", "Images of a step.", 1, default="32", tunable=Tunable(8, 64)),
    choice("optimizer", "How steps are made.", "sgd", "adam", "rmsprop", "adadelta", default="sgd"),
    number(
        "learning_rate",
        "Step size at the start.",
        RATE,
        default="0.001",
        tunable=Tunable(1e-6, 0.5, "Logarithmic"),
    ),
    number("lr_scheduler_factor", "What a fall multiplies it by.", OPEN_SHARE, default="0.1"),
    lr_scheduler_step(default=""),
    number("momentum", "Of sgd.", RATE, default="0.9", tunable=Tunable(0.0, 0.999)),
    number(
        "weight_decay",
        "L2 regularisation, of sgd and rmsprop.",
        OPEN_SHARE,
        default="0.0005",
        tunable=Tunable(0.0, 0.999),
    ),
    number("overlap_threshold", "Overlap from which a box is found.", RATE, default="0.5"),
    number("nms_threshold", "Overlap from which a lesser box is dropped.", RATE, default="0.45"),
    text("freeze_layer_pattern", "Layers of the base network that are not trained.", pattern),
    *early_stopping(10, 5),
    kv_store(),
)


OBJECT_DETECTION = Algorithm(
    name="object-detection",
    title="Object Detection",
    images=("object-detection",),
    tags=r"latest|1",
    package="studio_ext.algorithms.object_detection",
    notebook="algorithms/object_detection.ipynb",
    hyperparameters=HYPERPARAMETERS,
    metrics=(
        Metric(
            "validation:mAP",
            r"#quality_metric: host=\S+, epoch=\d+, validation mAP <score>=\((\S+)\)",
            True,
        ),
        *(
            Metric(
                f"train:{name}",
                rf"#quality_metric: host=\S+, epoch=\d+, train {name} <loss>=\((\S+)\)",
                False,
                tunable=False,
            )
            for name in ("cross_entropy", "smooth_l1")
        ),
    ),
    channels=learning_channels((RECORDIO, *IMAGES), "annotation"),
    inference_types=("application/x-image", "image/jpeg", "image/png"),
    accept=("application/json",),
)
