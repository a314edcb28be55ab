"""Object2Vec's hyperparameters, metrics and channels, as SageMaker documents them.

Sources: the developer guide's ``object2vec-hyperparameters`` and ``object2vec-tuning``, and the
SDK's validators; where they differ the wider range is taken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from studio_ext.algorithms.algorithm import Algorithm, Channel, Metric
from studio_ext.algorithms.hyperparameters import (
    Hyperparameter,
    Interval,
    Tunable,
    choice,
    flag,
    integer,
    number,
    text,
)

NETWORKS = ("hcnn", "bilstm", "pooled_embedding")
COMPARATORS = ("hadamard", "concat", "abs_diff")
OPTIMIZERS = ("adadelta", "adagrad", "adam", "rmsprop", "sgd")
OF_ROWS = ("adagrad", "adam", "sgd")  # optimizers that can move some rows of a matrix only
# What an encoder has, without the ``enc0_`` or ``enc1_`` before it.
PARTS = (
    "max_seq_len", "vocab_size", "network", "cnn_filter_width", "layers", "token_embedding_dim",
    "freeze_pretrained_embedding", "pretrained_embedding_file", "vocab_file",
)  # fmt: skip


def comparators(value: str) -> tuple[str, ...]:
    """``hadamard, abs_diff`` as a tuple, in that order."""
    names = tuple(one.strip() for one in value.strip('"').split(","))
    if not names or len(set(names)) < len(names) or not set(names) <= set(COMPARATORS):
        raise ValueError(f"some of {', '.join(COMPARATORS)}, separated by commas")
    return names


def file_name(value: str) -> str:
    """The name of a file of the auxiliary channel, or nothing."""
    if not re.fullmatch(r"[A-Za-z0-9._-]*", value):
        raise ValueError("a file name of letters, digits, underscores and periods")
    return value


def _encoder(which: str, networks: tuple[str, ...], default: str) -> tuple[Hyperparameter, ...]:
    first = which == "enc0"
    return (
        integer(
            f"{which}_max_seq_len",
            f"Tokens of a sequence of {which}; the rest is cut off.",
            interval=Interval(1, 5000),
            required=first,
        ),
        integer(
            f"{which}_vocab_size",
            f"Different tokens of {which}, numbered from 0.",
            interval=Interval(2, 3_000_000),
            required=first,
        ),
        choice(f"{which}_network", f"Network of {which}.", *networks, default=default),
        integer(
            f"{which}_cnn_filter_width",
            f"Tokens that a filter of {which} spans (hcnn).",
            interval=Interval(1, 9),
            default="3" if first else None,
            tunable=Tunable(1, 5),
        ),
        integer(
            f"{which}_layers",
            f"Layers of {which} (hcnn: auto is 4, bilstm: auto is 1).",
            interval=Interval(1, 4),
            words=("auto",),
            default="auto" if first else None,
            tunable=Tunable(1, 4),
        ),
        integer(
            f"{which}_token_embedding_dim",
            f"Numbers that a token of {which} is described with.",
            interval=Interval(2, 1000),
            default="300" if first else None,
            tunable=Tunable(5, 300),
        ),
        flag(
            f"{which}_freeze_pretrained_embedding",
            f"Whether pretrained embeddings of {which} stay as they are.",
            default="true" if first else None,
        ),
        text(
            f"{which}_pretrained_embedding_file",
            f"File of the auxiliary channel with embeddings of {which}'s tokens.",
            file_name,
            default="" if first else None,
        ),
        text(
            f"{which}_vocab_file",
            f"File of the auxiliary channel that numbers {which}'s tokens.",
            file_name,
            default="" if first else None,
        ),
    )


HYPERPARAMETERS: tuple[Hyperparameter, ...] = (
    *_encoder("enc0", NETWORKS, "hcnn"),
    *_encoder("enc1", ("enc0", *NETWORKS), "enc0"),
    integer(
        "enc_dim",
        "Numbers of an embedding.",
        interval=Interval(4, 10_000),
        default="4096",
        tunable=Tunable(4, 4096),
    ),
    flag(
        "tied_token_embedding_weight",
        "Whether both encoders share the tokens' embeddings.",
        default="false",
    ),
    choice(
        "token_embedding_storage_type",
        "Whether slopes of all tokens are kept, or of a step's only.",
        "dense",
        "row_sparse",
        default="dense",
    ),
    text(
        "comparator_list",
        "How two embeddings are compared.",
        comparators,
        default="hadamard, concat, abs_diff",
    ),
    integer("mlp_layers", "Layers after the comparison.", interval=Interval(0, 10), default="2",
            tunable=Tunable(1, 4)),
    integer("mlp_dim", "Size of such a layer.", interval=Interval(2, 10_000), default="512",
            tunable=Tunable(16, 1024)),
    choice("mlp_activation", "Activation of such a layer.", "linear", "relu", "tanh",
           default="linear"),
    choice("output_layer", "Classes or a number.", "softmax", "mean_squared_error",
           default="softmax"),
    integer("num_classes", "Classes, labelled 0 to num_classes - 1.", interval=Interval(2, 30),
            default="2"),
    integer("negative_sampling_rate", "Random pairs of label 0 for each pair given.", 0,
            default="0"),
    integer("bucket_width", "Difference in length within a mini-batch; 0: any.",
            interval=Interval(0, 100), default="0"),
    number("dropout", "Share of a layer's numbers left out.", Interval(0, 1), default="0.0",
           tunable=Tunable(0.0, 1.0)),
    integer("epochs", "Passes over the training data, at most.", interval=Interval(1, 100),
            default="30", tunable=Tunable(4, 20)),
    integer("mini_batch_size", "Pairs of a step.", interval=Interval(1, 10_000), default="32",
            tunable=Tunable(1, 8192)),
    choice("optimizer", "How steps are made.", *OPTIMIZERS, default="adam"),
    number("learning_rate", "Step size.", Interval(1e-6, 1), default="0.0004",
           tunable=Tunable(1e-6, 1.0, "Logarithmic")),
    number("weight_decay", "L2 regularisation.", Interval(0, 10_000), default="0",
           tunable=Tunable(0.0, 1.0)),
    integer("early_stopping_patience", "Epochs without improvement to stop after.",
            interval=Interval(1, 5), default="3", tunable=Tunable(1, 5)),
    number("early_stopping_tolerance", "Least improvement of the loss.", Interval(1e-6, 0.1),
           default="0.01", tunable=Tunable(0.001, 0.1, "Logarithmic")),
)  # fmt: skip


def encoder_of(values: Mapping[str, Any], which: str) -> dict[str, Any]:
    """An encoder's own values, without its prefix; what enc1 was not given is enc0's."""
    own = {part: values.get(f"{which}_{part}") for part in PARTS}
    if which == "enc1":
        first = {part: values.get(f"enc0_{part}") for part in PARTS}
        same = own["network"] in (None, "enc0")
        # Another network shares no sizes of the input, which are then required.
        inherited = PARTS if same else PARTS[3:]
        own = {
            part: first[part] if part in inherited and own[part] in (None, "enc0") else own[part]
            for part in PARTS
        }
    return own


def rules(values: Mapping[str, Any]) -> list[str]:
    """What is wrong between hyperparameters that are right by themselves."""
    wrong = []
    network = values.get("enc1_network") or "enc0"
    if network != "enc0":
        wrong += [
            f"{name} is missing; enc1_network {network} needs it"
            for name in ("enc1_max_seq_len", "enc1_vocab_size")
            if values.get(name) is None
        ]
    first, second = encoder_of(values, "enc0"), encoder_of(values, "enc1")
    for which, own in (("enc0", first), ("enc1", second)):
        if bool(own["pretrained_embedding_file"]) != bool(own["vocab_file"]):
            wrong.append(
                f"{which}_pretrained_embedding_file and {which}_vocab_file need each other; "
                f"expected both or none"
            )
    if values.get("tied_token_embedding_weight"):
        wrong += [
            f"enc1_{part}: '{second[part]}' is not enc0's; expected {first[part]} with "
            f"tied_token_embedding_weight"
            for part in ("vocab_size", "token_embedding_dim", "pretrained_embedding_file")
            if first[part] != second[part]
        ]
    if values.get("token_embedding_storage_type") == "row_sparse":
        if values.get("optimizer", "adam") not in OF_ROWS:
            wrong.append(
                f"token_embedding_storage_type: 'row_sparse' is not available with optimizer "
                f"{values['optimizer']}; expected {', '.join(OF_ROWS)}"
            )
        if values.get("weight_decay"):
            wrong.append(
                "token_embedding_storage_type: 'row_sparse' is not available with weight_decay, "
                "which moves every row; expected dense"
            )
    return wrong


METRICS = tuple(
    Metric(
        f"{channel}:{name}",
        rf"#quality_metric: host=\S+, (?:epoch=\d+, )?{channel} {name} <\S+>=(\S+)",
        maximize=name == "accuracy",
        tunable=channel != "train",
    )
    for channel in ("validation", "test", "train")
    for name in ("accuracy", "cross_entropy", "mean_squared_error")
)
CONTENT_TYPES = ("application/jsonlines",)

OBJECT2VEC = Algorithm(
    name="object2vec",
    title="Object2Vec",
    images=("object2vec",),
    tags=r"latest|1",
    package="studio_ext.algorithms.object2vec",
    notebook="algorithms/object2vec.ipynb",
    hyperparameters=HYPERPARAMETERS,
    rules=rules,
    metrics=METRICS,
    channels=(
        Channel("train", CONTENT_TYPES, required=True),
        Channel("validation", CONTENT_TYPES),
        Channel("test", CONTENT_TYPES),
        Channel("auxiliary", ("application/octet-stream", "text/plain", "application/json")),
    ),
    inference_types=("application/json", "application/jsonlines"),
    accept=("application/json", "application/jsonlines"),
)
