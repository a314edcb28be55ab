"""SageMaker's container layout in a folder, and the variables that name its parts.

Sources: "How Amazon SageMaker AI Provides Training Information" and the environment variables of
the SageMaker Training Toolkit.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..files import write_json

HOST = "algo-1"

INPUT = "input/data"
CONFIG = "input/config"
MODEL = "model"
OUTPUT = "output"
OUTPUT_DATA = "output/data"
CHECKPOINTS = "checkpoints"
CODE = "code"
NOTEBOOK = "notebook.ipynb"

FOLDERS = (INPUT, CONFIG, MODEL, OUTPUT_DATA, CHECKPOINTS, CODE)


def make(directory: Path, config: Mapping[str, Any]) -> None:
    """Create the folders and ``input/config/<name>.json`` for each entry of ``config``."""
    for folder in FOLDERS:
        (directory / folder).mkdir(parents=True, exist_ok=True)
    for name, value in config.items():
        write_json(directory / CONFIG / f"{name}.json", value)


def configuration(
    hyperparameters: Mapping[str, str],
    channels: list[dict[str, Any]],
    instance_type: str,
    checkpoints: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The contents of ``input/config`` for one host."""
    return {
        # An algorithm writes checkpoints only where somebody keeps them.
        **({"checkpointconfig": dict(checkpoints)} if checkpoints else {}),
        "hyperparameters": dict(hyperparameters),
        "inputdataconfig": {
            channel["ChannelName"]: {
                "TrainingInputMode": channel.get("InputMode", "File"),
                "S3DistributionType": channel["DataSource"]["S3DataSource"].get(
                    "S3DataDistributionType", "FullyReplicated"
                )
                if "S3DataSource" in channel["DataSource"]
                else "FullyReplicated",
                "RecordWrapperType": channel.get("RecordWrapperType", "None"),
                **({"ContentType": channel["ContentType"]} if "ContentType" in channel else {}),
            }
            for channel in channels
        },
        "resourceconfig": {
            "current_host": HOST,
            "current_instance_type": instance_type,
            "current_group_name": "homogeneousCluster",
            "hosts": [HOST],
            "instance_groups": [
                {
                    "instance_group_name": "homogeneousCluster",
                    "instance_type": instance_type,
                    "hosts": [HOST],
                }
            ],
            "network_interface_name": "lo",
        },
    }


def variables(
    directory: Path,
    *,
    hyperparameters: Mapping[str, str],
    channels: list[str],
    cores: int,
    instance_type: str,
) -> dict[str, str]:
    """The ``SM_*`` variables of a job in ``directory``."""
    places = {
        "SM_BASE_DIR": "",
        "SM_INPUT_DIR": "input",
        "SM_INPUT_CONFIG_DIR": CONFIG,
        "SM_MODEL_DIR": MODEL,
        "SM_OUTPUT_DIR": OUTPUT,
        "SM_OUTPUT_DATA_DIR": OUTPUT_DATA,
        "SM_CHECKPOINT_DIR": CHECKPOINTS,
        "SAGEMAKER_BASE_DIR": "",
    }
    found = {name: str(directory / place) for name, place in places.items()}
    found |= {
        "SM_CHANNELS": json.dumps(sorted(channels)),
        "SM_HPS": json.dumps(dict(hyperparameters)),
        "SM_HOSTS": json.dumps([HOST]),
        "SM_CURRENT_HOST": HOST,
        "SM_CURRENT_INSTANCE_TYPE": instance_type,
        "SM_NETWORK_INTERFACE_NAME": "lo",
        "SM_NUM_CPUS": str(cores),
        "SM_NUM_GPUS": "0",
        "SM_LOG_LEVEL": "20",
        "SM_STUDIO_LOCAL_MODE": "true",  # the training toolkit would look up "algo-1" otherwise
    }
    for name in channels:
        found[f"SM_CHANNEL_{_variable(name)}"] = str(directory / INPUT / name)
    for name, value in hyperparameters.items():
        found[f"SM_HP_{_variable(name)}"] = value
    return found


def channel_parameters(channels: list[dict[str, Any]]) -> dict[str, Any]:
    """The ``channels`` parameter of an algorithm's notebook; paths are relative to the folder.

    The channel of an augmented manifest has its ``attributes`` too: only their order tells what
    the records are.
    """
    return {
        channel["ChannelName"]: {
            "path": os.path.join(INPUT, channel["ChannelName"]),
            "content_type": channel.get("ContentType"),
            **_attributes(channel),
        }
        for channel in channels
    }


def _attributes(channel: Mapping[str, Any]) -> dict[str, list[str]]:
    source = channel["DataSource"].get("S3DataSource") or {}
    names = source.get("AttributeNames")
    return {"attributes": names} if names else {}


def _variable(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name).upper()
