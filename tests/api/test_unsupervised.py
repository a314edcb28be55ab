from __future__ import annotations

import io
import tarfile
from typing import Any

import numpy as np
import pytest

from studio_ext.algorithms.catalogue import named
from studio_ext.formats import recordio

from ..algorithms.unlabelled import RECORDIO, rows_of
from ..daemon import Studio, channel, request

REGISTRY = "382416733822.dkr.ecr.us-east-1.amazonaws.com"
# hyperparameters, content type of the test channel, a metric it has in the end
JOBS: dict[str, tuple[dict[str, str], str, str]] = {
    "kmeans": (
        {"k": "3", "force_dense": "True", "eval_metrics": '["msd","ssd"]'},
        RECORDIO,
        "test:ssd",
    ),
    "pca": ({"num_components": "2", "mini_batch_size": "100"}, RECORDIO, ""),
    "randomcutforest": (
        {"num_trees": "50", "mini_batch_size": "1000"},
        "text/csv;label_size=1",
        "test:f1",
    ),
    "lda": ({"num_topics": "2", "mini_batch_size": "150"}, RECORDIO, "test:pwll"),
}


@pytest.mark.parametrize("name", JOBS)
def test_a_job(served: Studio, bucket: str, name: str) -> None:
    """As the SDK sends it: recordio without labels."""
    hyperparameters, kind, metric = JOBS[name]
    rows = np.round(rows_of("iris"))  # LDA takes counts
    uri = served.put(bucket, f"{name}/train/matrix_0.pbr", recordio.write(rows))
    labels = np.zeros(len(rows), np.float32) if "label_size=1" in kind else None
    body = recordio.write(rows) if labels is None else _csv(labels, rows)
    test = served.put(bucket, f"{name}/test/data", body)
    served.client("sagemaker").create_training_job(
        **request(
            name, f"{REGISTRY}/{named(name).images[0]}:1", bucket,
            HyperParameters={"feature_dim": "4", **hyperparameters},
            InputDataConfig=[channel("train", uri, RECORDIO), channel("test", test, kind)],
        )
    )  # fmt: skip
    job = served.end_of(name)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    if metric:
        assert metric in {each["MetricName"] for each in job["FinalMetricDataList"]}
    where = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix(f"s3://{bucket}/")
    body = served.client("s3").get_object(Bucket=bucket, Key=where)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        assert archive.getnames() == ["model_algo-1"]


def _csv(labels: Any, rows: Any) -> bytes:
    out = io.BytesIO()
    np.savetxt(out, np.column_stack([labels, rows]), "%g", ",")
    return out.getvalue()
