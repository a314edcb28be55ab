"""``studio demo``: a bucket, a CSV, a training job and what came of it, all through boto3."""

from __future__ import annotations

import argparse
import contextlib
import io
import time
from typing import Any

from ..errors import StudioError
from ..identity.keys import ACCOUNT, DEFAULT_ROLE
from .client import Api
from .watch import clock, watch

BUCKET = "studio-demo"
KEY = "digits/train.csv"
VALIDATION_KEY = "digits-validation/validation.csv"
HELD_OUT = 0.2


def demo(options: argparse.Namespace) -> int:
    """Train XGBoost on scikit-learn's digits."""
    print("Starting Studio …", flush=True)
    api = Api()
    print(f"Studio answers at {api.daemon['url']}")
    name = _create(api)
    job = watch(api, name)
    _report(api, name, job)
    return 0 if job["TrainingJobStatus"] == "Completed" else 1


def request(name: str) -> dict[str, Any]:
    """The demo's CreateTrainingJob."""
    return {
        "TrainingJobName": name,
        "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/{DEFAULT_ROLE}",
        "AlgorithmSpecification": {
            "TrainingImage": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1",
            "TrainingInputMode": "File",
        },
        "HyperParameters": {
            "objective": "multi:softprob", "num_class": "10", "num_round": "40",
            "max_depth": "4", "eta": "0.3", "subsample": "0.8", "eval_metric": "merror,mlogloss",
        },
        "InputDataConfig": [
            _channel("train", f"s3://{BUCKET}/{KEY}"),
            _channel("validation", f"s3://{BUCKET}/{VALIDATION_KEY}"),
        ],
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/output"},
        "ResourceConfig": {
            "InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    }  # fmt: skip


def upload(client: Any) -> None:
    """Make the bucket and put the digits there: a label column, then pixels."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    digits = load_digits(as_frame=True)
    table = digits.data.astype(int)
    table.insert(0, "label", digits.target)
    train, validation = train_test_split(
        table, test_size=HELD_OUT, random_state=0, stratify=table["label"]
    )
    there = (client.exceptions.BucketAlreadyOwnedByYou, client.exceptions.BucketAlreadyExists)
    with contextlib.suppress(*there):  # from an earlier demo
        client.create_bucket(Bucket=BUCKET)
    for key, part in ((KEY, train), (VALIDATION_KEY, validation)):
        text = io.StringIO()
        part.to_csv(text, index=False)
        client.put_object(
            Bucket=BUCKET, Key=key, Body=text.getvalue().encode(), ContentType="text/csv"
        )


def _create(api: Api) -> str:
    upload(api.client("s3"))
    print(f"uploaded scikit-learn's digits to s3://{BUCKET}/{KEY}")
    name = f"digits-xgb-{time.strftime('%Y%m%d-%H%M%S')}"
    api.client("sagemaker").create_training_job(**request(name))
    print(f"created the training job {name}", flush=True)
    return name


def _channel(name: str, uri: str) -> dict[str, Any]:
    source = {
        "S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated",
    }  # fmt: skip
    return {
        "ChannelName": name,
        "ContentType": "text/csv",
        "DataSource": {"S3DataSource": source},
    }


def _report(api: Api, name: str, job: dict[str, Any]) -> None:
    spent = (job["LastModifiedTime"] - job["CreationTime"]).total_seconds()
    print(f"\n{name}  {job['TrainingJobStatus']}  in {spent:.1f} s ({clock(spent)})\n")
    if job["TrainingJobStatus"] != "Completed":
        raise StudioError(
            f"{job.get('FailureReason', 'it was stopped')}; see its log with: studio logs {name}"
        )
    for metric in job.get("FinalMetricDataList", ()):
        print(f"  {metric['MetricName']:<24} {metric['Value']:.4f}")
    output = f"{job['OutputDataConfig']['S3OutputPath']}/{name}/output"
    notebook = api.home.buckets / output.removeprefix("s3://") / "notebook.ipynb"
    print(f"\n  model     {job['ModelArtifacts']['S3ModelArtifacts']}")
    print(f"  notebook  {notebook}")
    print(f"\nOpen it:    jupyter lab {notebook}")
    print('Use boto3:  eval "$(studio env)"')
