"""Image Classification's hyperparameters, metrics and channels, as SageMaker documents them.

Source: the developer guide's pages "Image Classification Hyperparameters" and "Tune an Image
Classification Model".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
    RECORDIO,
    SHARE,
    early_stopping,
    kv_store,
    learning_channels,
    lr_scheduler_step,
    sizes,
)

LARGE = (18, 34, 50, 101, 152, 200)
SMALL = (20, 32, 44, 56, 110)
LEAST_SIDE = 8  # pixels


def image_shape(value: str) -> tuple[int, int, int]:
    """(channels, height, width) of ``"3,224,224"``."""
    words = [word.strip() for word in value.split(",")]
    sizes = tuple(int(word) for word in words if word.isdecimal())
    if len(words) != 3 or len(sizes) != 3 or sizes[0] not in (1, 3) or min(sizes[1:]) < LEAST_SIDE:
        raise ValueError(
            f"channels (1 or 3), height and width of at least {LEAST_SIDE}, such as 3,224,224"
        )
    return sizes


def num_layers(value: str) -> int:
    known = (*LARGE, *SMALL)
    if not value.isdecimal() or int(value) not in known:
        raise ValueError(
            f"one of {', '.join(map(str, LARGE))}, or for small images one of "
            f"{', '.join(map(str, SMALL))}"
        )
    return int(value)


HYPERPARAMETERS: tuple[Hyperparameter, ...] = (
    *sizes(),
    text("num_layers", "Layers of the network.", num_layers, default="152"),
    text("image_shape", "Channels, height and width.", image_shape, default="3,224,224"),
    integer("resize", "Shorter side that images are scaled to before they are cropped.", 1),
    choice(
        "augmentation_type",
        "How training images are varied.",
        "crop",
        "crop_color",
        "crop_color_transform",
    ),
    flag("multi_label", "Whether an image can have several labels.", default="0"),
    flag("use_weighted_loss", "Weight rare labels, with multi_label.", default="0"),
    integer("top_k", "Report the top-k accuracy too.", 2),
    flag("use_pretrained_model", "Start from the weights in channel model.", default="0"),
    integer("epochs", "Passes over the training images.", 1, default="30"),
    integer("mini_batch_size", "Images of a step.", 1, default="32", tunable=Tunable(8, 512)),
    choice("optimizer", "How steps are made.", "sgd", "adam", "rmsprop", "nag", default="sgd"),
    number(
        "learning_rate",
        "Step size at the start.",
        SHARE,
        default="0.1",
        tunable=Tunable(1e-6, 0.5, "Logarithmic"),
    ),
    number("lr_scheduler_factor", "What a fall multiplies it by.", SHARE, default="0.1"),
    lr_scheduler_step(),
    number("momentum", "Of sgd and nag.", SHARE, default="0.9", tunable=Tunable(0.0, 0.999)),
    number(
        "weight_decay",
        "L2 regularisation, of sgd and nag.",
        SHARE,
        default="0.0001",
        tunable=Tunable(0.0, 0.999),
    ),
    number(
        "beta_1",
        "Decay of adam's first moment.",
        SHARE,
        default="0.9",
        tunable=Tunable(1e-6, 0.999),
    ),
    number(
        "beta_2",
        "Decay of adam's second moment.",
        SHARE,
        default="0.999",
        tunable=Tunable(1e-6, 0.999),
    ),
    number(
        "eps",
        "Keeps adam and rmsprop from dividing by 0.",
        SHARE,
        default="1e-8",
        tunable=Tunable(1e-8, 1.0),
    ),
    number(
        "gamma",
        "Decay of rmsprop's squared gradients.",
        SHARE,
        default="0.9",
        tunable=Tunable(1e-8, 0.999),
    ),
    *early_stopping(10, 5),
    integer("checkpoint_frequency", "Epochs between weights that are kept.", 1),
    choice("precision_dtype", "Of the computation.", "float32", "float16", default="float32"),
    kv_store(),
)


def rules(values: Mapping[str, Any]) -> list[str]:
    """What is wrong between hyperparameters that are right by themselves."""
    wrong = []
    classes, epochs = values["num_classes"], values.get("epochs", 30)
    top, often = values.get("top_k"), values.get("checkpoint_frequency")
    _, height, width = values.get("image_shape") or (3, 224, 224)
    resize = values.get("resize")
    if top is not None and top > classes:
        wrong.append(f"top_k: '{top}' is more than num_classes ({classes})")
    if top is not None and values.get("multi_label"):
        wrong.append(f"top_k: '{top}' is for images of one label, not with multi_label")
    if often is not None and often > epochs:
        wrong.append(f"checkpoint_frequency: '{often}' is more than epochs ({epochs})")
    if resize is not None and resize < max(height, width):
        wrong.append(
            f"resize: '{resize}' is less than the height or width in image_shape "
            f"({height} x {width}); expected at least {max(height, width)}"
        )
    if values.get("use_weighted_loss") and not values.get("multi_label"):
        wrong.append("use_weighted_loss: '1' is only for multi_label=1")
    if values.get("use_pretrained_model") and values.get("num_layers") in SMALL:
        wrong.append(
            f"use_pretrained_model: '1' needs num_layers of {', '.join(map(str, LARGE))}, not "
            f"{values['num_layers']}"
        )
    for name in ("beta_1", "beta_2"):
        if values.get(name) == 1:
            wrong.append(f"{name}: '1' lets adam learn nothing; expected less than 1")
    return wrong


IMAGE_CLASSIFICATION = Algorithm(
    name="image-classification",
    title="Image Classification",
    images=("image-classification",),
    tags=r"latest|1",
    package="studio_ext.algorithms.image_classification",
    notebook="algorithms/image_classification.ipynb",
    hyperparameters=HYPERPARAMETERS,
    rules=rules,
    metrics=(
        Metric("validation:accuracy", r"Validation-accuracy=(\S+)", True),
        Metric("train:accuracy", r"Train-accuracy=(\S+)", True, tunable=False),
    ),
    channels=learning_channels((RECORDIO, *IMAGES), "lst"),
    inference_types=("application/x-image", "image/jpeg", "image/png"),
    accept=("application/json", "application/jsonlines"),
)
