"""BlazingText's hyperparameters, metrics and channels, as SageMaker documents them."""

from __future__ import annotations

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
)

SUPERVISED = "supervised"
WORDS = ("batch_skipgram", "skipgram", "cbow")
POSITIVE = Interval(0, open_low=True)
SHARE = Interval(0, 1, open_low=True)

# What only one kind of mode has a use for; batch_size and the like are sent by habit and noticed.
WORDS_ONLY = ("evaluation", "negative_samples", "sampling_threshold", "subwords", "window_size",
              "batch_size", "min_char", "max_char")  # fmt: skip
SUPERVISED_ONLY = ("word_ngrams", "early_stopping", "patience", "min_epochs")

HYPERPARAMETERS: tuple[Hyperparameter, ...] = (
    choice(
        "mode",
        "Word vectors by one of three architectures, or classification of sentences.",
        *WORDS,
        SUPERVISED,
        required=True,
    ),
    integer("epochs", "Passes over the text.", 1, default="5", tunable=Tunable(5, 15)),
    number(
        "learning_rate", "Step size.", POSITIVE, default="0.05", tunable=Tunable(0.005, 0.01)
    ),
    integer("min_count", "Rarer words are left out.", 0, default="5", tunable=Tunable(0, 100)),
    integer("vector_dim", "Dimensions of a vector.", 1, default="100", tunable=Tunable(32, 300)),
    integer(
        "buckets",
        "Hash buckets of subwords or word n-grams, at most.",
        1,
        default="2000000",
        tunable=Tunable(1_000_000, 10_000_000),
    ),
    integer(
        "window_size", "Words beside a word that are its context.", 1, default="5",
        tunable=Tunable(1, 10),
    ),
    integer(
        "negative_samples", "Words drawn against each true one.", 1, default="5",
        tunable=Tunable(5, 25),
    ),
    number(
        "sampling_threshold", "Words more frequent than this are passed over at times.", SHARE,
        default="0.0001", tunable=Tunable(0.0001, 0.001),
    ),
    integer(
        "batch_size", "Size of a batch of batch_skipgram; changes nothing here.", 1,
        default="11", tunable=Tunable(8, 32),
    ),
    flag("subwords", "Whether parts of words have vectors too.", default="false"),
    integer("min_char", "Letters of the shortest subword.", 1, default="3"),
    integer("max_char", "Letters of the longest subword.", 1, default="6"),
    flag("evaluation", "Whether vectors are compared with people's judgement.", default="true"),
    integer(
        "word_ngrams", "Words of the longest word n-gram.", 1, default="2", tunable=Tunable(1, 3)
    ),
    flag(
        "early_stopping", "Whether to stop when the validation accuracy does not rise.",
        default="false",
    ),
    integer("patience", "Epochs without improvement to stop after.", 1, default="4"),
    integer("min_epochs", "Epochs before early stopping begins.", 1, default="5"),
)  # fmt: skip


def rules(values: Mapping[str, Any]) -> list[str]:
    """What is wrong between hyperparameters that are right by themselves."""
    mode = values["mode"]
    foreign, others = (
        (WORDS_ONLY, "batch_skipgram, skipgram or cbow")
        if mode == SUPERVISED
        else (SUPERVISED_ONLY, SUPERVISED)
    )
    wrong = [
        f"{name}: '{values[name]}' is only for mode {others}, not {mode}"
        for name in foreign
        if name in values
    ]
    if values.get("subwords") is True and mode == "batch_skipgram":
        wrong.append(
            "subwords: 'true' is not available with mode batch_skipgram, which has whole words "
            "only; expected mode skipgram or cbow"
        )
    if values.get("min_char", 3) > values.get("max_char", 6):
        wrong.append(
            f"min_char: '{values.get('min_char', 3)}' is not valid; expected at most max_char="
            f"{values.get('max_char', 6)}"
        )
    return wrong


TEXT = ("text/plain", "application/jsonlines")

BLAZINGTEXT = Algorithm(
    name="blazingtext",
    title="BlazingText",
    images=("blazingtext",),
    tags=r"latest|1",
    package="studio_ext.algorithms.blazingtext",
    notebook="algorithms/blazingtext.ipynb",
    hyperparameters=HYPERPARAMETERS,
    rules=rules,
    metrics=(
        Metric("train:mean_rho", r"#mean_rho: (\S+)", maximize=True),
        Metric("train:accuracy", r"#train_accuracy: (\S+)", maximize=True, tunable=False),
        Metric("validation:accuracy", r"#validation_accuracy: (\S+)", maximize=True),
    ),
    channels=(
        Channel("train", TEXT, required=True),
        Channel("validation", TEXT),
        Channel("wordsim", ("text/plain", "text/csv")),
    ),
    inference_types=("application/json", "application/jsonlines"),
    accept=("application/json", "application/jsonlines"),
)
