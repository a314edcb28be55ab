"""An image algorithm fed by an augmented manifest in Pipe mode, as SageMaker's examples do."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from tests.algorithms.pictures import digits, png

from ..daemon import Studio, channel, notebook, request

IMAGE = "811284229777.dkr.ecr.us-east-1.amazonaws.com/image-classification:1"
GIVEN = {
    "num_classes": "3", "num_training_samples": "12", "num_layers": "20", "image_shape": "1,8,8",
    "mini_batch_size": "6", "epochs": "1",
}  # fmt: skip


def piped(served: Studio, bucket: str, name: str) -> dict[str, object]:
    images, labels = digits(12, classes=3)
    lines = []
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        uri = served.put(bucket, f"digits/{number}.png", png(image))
        lines.append(json.dumps({"source-ref": uri, "class": str(label), "class-metadata": {}}))
    one = channel(name, served.put(bucket, "digits.manifest", "\n".join(lines)))
    one["ContentType"] = "application/x-recordio"
    one["RecordWrapperType"] = "RecordIO"
    one["DataSource"]["S3DataSource"].update(
        S3DataType="AugmentedManifestFile", AttributeNames=["source-ref", "class"]
    )
    return one


@pytest.mark.slow
def test_a_job_in_pipe_mode(served: Studio, bucket: str) -> None:
    sagemaker = served.client("sagemaker")
    job = request(
        "images", IMAGE, bucket, HyperParameters=GIVEN,
        InputDataConfig=[piped(served, bucket, name) for name in ("train", "validation")],
    )  # fmt: skip
    job["AlgorithmSpecification"]["TrainingInputMode"] = "Pipe"
    sagemaker.create_training_job(**job)
    done = served.end_of("images")
    assert done["TrainingJobStatus"] == "Completed", done.get("FailureReason")
    metrics = {each["MetricName"]: each["Value"] for each in done["FinalMetricDataList"]}
    assert 0 <= metrics["validation:accuracy"] <= 1

    own = served.put(bucket, "own.ipynb", notebook("print(1)"))
    job["TrainingJobName"], job["HyperParameters"] = "own", {}
    job["AlgorithmSpecification"]["TrainingImage"] = own
    with pytest.raises(ClientError, match="'Pipe' is not offered to notebooks"):
        sagemaker.create_training_job(**job)
