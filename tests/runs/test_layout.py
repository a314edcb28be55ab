"""A job's folder is SageMaker's container."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from studio_ext.runs import layout

CHANNELS: list[dict[str, Any]] = [
    {
        "ChannelName": "train-data",
        "ContentType": "text/csv",
        "DataSource": {"S3DataSource": {"S3Uri": "s3://b/x", "S3DataType": "S3Prefix"}},
    },
    {
        "ChannelName": "test",
        "InputMode": "FastFile",
        "DataSource": {
            "S3DataSource": {"S3Uri": "s3://b/y", "S3DataDistributionType": "ShardedByS3Key"}
        },
    },
]


def test_folders_and_configuration_are_made(tmp_path: Path) -> None:
    config = layout.configuration({"depth": "3"}, CHANNELS, "ml.m5.large")
    layout.make(tmp_path, config)
    layout.make(tmp_path, config)  # again, after a crash
    assert all((tmp_path / folder).is_dir() for folder in layout.FOLDERS)
    found = {
        path.stem: json.loads(path.read_text()) for path in (tmp_path / "input/config").iterdir()
    }
    assert found["hyperparameters"] == {"depth": "3"}
    assert found["inputdataconfig"] == {
        "train-data": {
            "TrainingInputMode": "File", "S3DistributionType": "FullyReplicated",
            "RecordWrapperType": "None", "ContentType": "text/csv",
        },
        "test": {
            "TrainingInputMode": "FastFile", "S3DistributionType": "ShardedByS3Key",
            "RecordWrapperType": "None",
        },
    }  # fmt: skip
    assert found["resourceconfig"]["hosts"] == [found["resourceconfig"]["current_host"]]
    assert found["resourceconfig"]["current_instance_type"] == "ml.m5.large"


def test_variables_name_the_places(tmp_path: Path) -> None:
    found = layout.variables(
        tmp_path,
        hyperparameters={"max-depth": "3"},
        channels=["train-data", "test"],
        cores=2,
        instance_type="ml.m5.large",
    )
    assert found["SM_MODEL_DIR"] == f"{tmp_path}/model"
    assert found["SM_CHANNEL_TRAIN_DATA"] == f"{tmp_path}/input/data/train-data"
    assert json.loads(found["SM_CHANNELS"]) == ["test", "train-data"]
    assert found["SM_HP_MAX_DEPTH"] == "3"
    assert json.loads(found["SM_HPS"]) == {"max-depth": "3"}
    assert found["SM_NUM_CPUS"] == "2"


def test_channels_of_an_algorithm_are_relative() -> None:
    assert layout.channel_parameters(CHANNELS) == {
        "train-data": {"path": "input/data/train-data", "content_type": "text/csv"},
        "test": {"path": "input/data/test", "content_type": None},
    }


def test_an_augmented_manifest_tells_the_order_of_its_attributes() -> None:
    source = {"S3DataType": "AugmentedManifestFile", "AttributeNames": ["source-ref", "class"]}
    (found,) = layout.channel_parameters(
        [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}]
    ).values()
    assert found["attributes"] == ["source-ref", "class"]
