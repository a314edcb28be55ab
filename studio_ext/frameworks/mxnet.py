"""Apache MXNet 1.9.1, its last release.

It needs NumPy before 1.24, which removed ``numpy.bool``, and so Python 3.11 at most. The packages
beside it are those that AWS's MXNet images have for working with data.

Source: the sagemaker SDK's table of MXNet images; "Using MXNet with the SageMaker Python SDK".
"""

from __future__ import annotations

import re

from ..environments.spec import Spec
from .framework import Framework

ENVIRONMENT = Spec(
    name="MXNet 1.9.1",
    python="3.11",
    requirements=(
        "mxnet==1.9.1",
        "numpy==1.23.5",
        "graphviz==0.8.4",
        "requests==2.34.2",
        "certifi==2026.10.18",
        "charset-normalizer==3.5.2",
        "idna==3.20",
        "urllib3==2.8.0",
        "pandas==1.5.3",
        "python-dateutil==2.9.0.post0",
        "pytz==2026.6",
        "six==1.17.0",
        "scipy==1.10.1",
        "scikit-learn==1.2.2",
        "joblib==1.6.0",
        "cloudpickle==3.1.2",
        "threadpoolctl==3.8.0",
        "pillow==13.0.0",
        "boto3==1.44.5",
        "botocore==1.44.5",
        "jmespath==1.1.0",
        "s3transfer==0.19.3",
    ),
    imports=("mxnet",),
    cures=(
        ("libquadmath", "apt install libquadmath0"),
        ("libgomp", "apt install libgomp1"),
        ("No interpreter found", "uv python install 3.11"),
    ),
)


def _notices(tag: str) -> list[str]:
    version = re.match(r"[\d.]+", tag)
    found = []
    if version and version[0] != "1.9.1":
        found.append(f"the image has MXNet {version[0]}, the script runs with MXNet 1.9.1")
    if "gpu" in tag:
        found.append("the image is for GPUs, the script runs on the processor: mxnet.gpu() fails")
    return found


MXNET = Framework(
    name="mxnet",
    title="MXNet",
    images=("mxnet-training", "sagemaker-mxnet"),
    serving_images=("mxnet-inference", "sagemaker-mxnet-serving"),
    # Script mode began with 1.3; older images call functions of the script instead.
    tags=r"1\.[3-9](\.\d+)?(-(cpu|gpu))?(-py3\d*)?(-cu\d+)?(-ubuntu[\d.]+)?(-sagemaker)?(-v[\d.]+)?",
    tags_words="a version from 1.3 on for Python 3, such as 1.9.0-cpu-py38",
    notebook="algorithms/mxnet.ipynb",
    environment=ENVIRONMENT,
    notices=_notices,
)
