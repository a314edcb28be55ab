"""The models as botocore ships them, read without botocore."""

from __future__ import annotations

import subprocess
import sys

import botocore.session
import pytest

from studio_ext import awsmodel


def test_it_says_what_botocore_says() -> None:
    theirs = botocore.session.get_session().get_service_model("sagemaker")
    ours = awsmodel.load("sagemaker")
    assert set(ours.operations) == set(theirs.operation_names)
    assert ours.signing_name == theirs.signing_name
    for name in theirs.operation_names:
        shape, known = ours.operations[name].input, theirs.operation_model(name).input_shape
        if known is None:
            assert shape is None
            continue
        assert shape is not None
        assert list(shape.members) == list(known.members)
        assert list(shape.required) == known.required_members
        for member, there in known.members.items():
            assert shape.members[member].type == there.type_name
            assert shape.members[member].enum == tuple(there.metadata.get("enum", ()))


@pytest.mark.parametrize(
    ("name", "signing", "protocol"),
    [
        ("sagemaker-runtime", "sagemaker", "rest-json"),
        ("sts", "sts", "query"),
        ("logs", "logs", "json"),
        ("cloudwatch", "monitoring", "query"),
    ],
)
def test_metadata_is_read_from_the_head_of_the_file(name: str, signing: str, protocol: str) -> None:
    model = awsmodel.Model(name)
    assert model.signing_name == signing
    assert protocol in model.protocols
    assert "_raw" not in vars(model)


def test_a_service_that_is_none() -> None:
    with pytest.raises(awsmodel.UnknownService, match="pip install --upgrade boto3"):
        awsmodel.load("teapot")


def test_botocore_stays_out_of_the_server() -> None:
    code = (
        "import sys; import studio_ext.wire, studio_ext.awsmodel as m;"
        "m.load('sagemaker').operations; sys.exit('botocore' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
