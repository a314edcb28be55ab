"""Jobs of the algorithms on torch through an unmodified boto3."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ..daemon import Studio, channel, request

SERIES = "\n".join(
    json.dumps({"start": f"2024-01-0{n} 00:00:00", "target": [n + day % 7 for day in range(40)]})
    for n in range(1, 5)
)
COUNTS = "\n".join(f"{row % 3},{row % 2},{3 - row % 3}" for row in range(40))
PAIRS = "\n".join(
    json.dumps({"label": n % 2, "in0": [n % 9, 1], "in1": [n % 7]}) for n in range(40)
)

# image repository -> data, content type, hyperparameters, a metric
JOBS: dict[str, tuple[str, str, dict[str, str], str]] = {
    "forecasting-deepar": (
        SERIES,
        "application/jsonlines",
        {
            "time_freq": "1D",
            "context_length": "5",
            "prediction_length": "3",
            "epochs": "2",
            "num_cells": "5",
            "mini_batch_size": "8",
        },
        "train:final_loss",
    ),
    "ntm": (
        COUNTS,
        "text/csv",
        {"feature_dim": "3", "num_topics": "2", "epochs": "2"},
        "train:total_loss",
    ),
    "object2vec": (
        PAIRS,
        "application/jsonlines",
        {
            "enc0_max_seq_len": "4",
            "enc0_vocab_size": "9",
            "enc0_token_embedding_dim": "4",
            "enc_dim": "4",
            "mlp_dim": "4",
            "epochs": "2",
        },
        "train:cross_entropy",
    ),
}


@pytest.mark.parametrize("name", JOBS)
def test_a_job(served: Studio, bucket: str, name: str) -> None:
    data, kind, hyperparameters, metric = JOBS[name]
    uri = served.put(bucket, f"deep/{name}/train.json", data)
    image = f"522234722520.dkr.ecr.us-east-1.amazonaws.com/{name}:1"
    job_name = f"deep-{name}"
    sagemaker: Any = served.client("sagemaker")
    sagemaker.create_training_job(
        **request(
            job_name,
            image,
            bucket,
            HyperParameters=hyperparameters,
            InputDataConfig=[channel("train", uri, kind)],
        )
    )
    job = served.end_of(job_name)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert metric in {each["MetricName"] for each in job["FinalMetricDataList"]}
