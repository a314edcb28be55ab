"""Jobs of KNN, Factorization Machines, BlazingText and IP Insights, as boto3 asks for them."""

from __future__ import annotations

import io
import tarfile
from typing import Any

import numpy as np
import pytest

from studio_ext.formats import recordio

from ..daemon import Studio, channel, request

CSV = "text/csv"
RECORDIO = "application/x-recordio-protobuf"
POINTS = "\n".join(f"{int(x > 20)},{x},{x % 3}" for x in range(40))
PAIRS = recordio.write(np.eye(20, dtype=np.float32), np.arange(20, dtype=np.float32) % 2)
MOODS = "__label__good a fine day\n__label__bad a dull day\n"
LOGINS = "".join(f"user{i % 5},10.0.{i % 5}.{i}\n" for i in range(40))
REGISTRY = "382416733822.dkr.ecr.us-east-1.amazonaws.com"

# image, hyperparameters, channels (name, content type, body), artefacts, a metric
JOBS: list[tuple[str, dict[str, str], list[tuple[str, str, str | bytes]], set[str], str]] = [
    (
        "knn",
        {"k": "3", "feature_dim": "2", "sample_size": "40", "predictor_type": "classifier"},
        [("train", CSV, POINTS), ("test", CSV, POINTS)],
        {"model_algo-1"},
        "test:accuracy",
    ),
    (
        "factorization-machines",
        {"feature_dim": "20", "num_factors": "2", "predictor_type": "binary_classifier"},
        [("train", RECORDIO, PAIRS), ("test", RECORDIO, PAIRS)],
        {"model_algo-1"},
        "test:binary_classification_accuracy",
    ),
    (
        "blazingtext",
        {"mode": "supervised", "epochs": "1", "vector_dim": "4", "min_count": "1"},
        [("train", "text/plain", MOODS), ("validation", "text/plain", MOODS)],
        {"model.bin"},
        "validation:accuracy",
    ),
    (
        "ipinsights",
        {"num_entity_vectors": "20", "vector_dim": "4", "epochs": "1"},
        [("train", CSV, LOGINS), ("validation", CSV, LOGINS)],
        {"model_algo-1"},
        "validation:discriminator_auc",
    ),
]


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job[0])
def test_a_job(served: Studio, bucket: str, job: Any) -> None:
    image, hyperparameters, channels, artefacts, metric = job
    inputs = []
    for name, kind, body in channels:
        served.put(bucket, f"{image}/{name}/data", body)
        inputs.append(channel(name, f"s3://{bucket}/{image}/{name}/", kind))
    served.client("sagemaker").create_training_job(
        **request(
            f"a-{image}",
            f"{REGISTRY}/{image}:1",
            bucket,
            HyperParameters=hyperparameters,
            InputDataConfig=inputs,
        )
    )
    done = served.end_of(f"a-{image}")
    assert done["TrainingJobStatus"] == "Completed", done.get("FailureReason")
    assert metric in {each["MetricName"] for each in done["FinalMetricDataList"]}
    key = done["ModelArtifacts"]["S3ModelArtifacts"].removeprefix(f"s3://{bucket}/")
    body = served.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body), mode="r:gz") as archive:
        assert {one.name for one in archive if one.isfile()} == artefacts
