from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from studio_ext.algorithms.catalogue import named
from studio_ext.algorithms.data import read_data
from studio_ext.formats.errors import DataError, UnsupportedContentType

XGBOOST = named("xgboost")


def write(name: str, text: str, content_type: str = "text/csv") -> dict[str, Any]:
    folder = Path(name)
    folder.mkdir(exist_ok=True)
    (folder / "data").write_text(text)
    return {"path": str(folder), "content_type": content_type}


def test_sparse_channels_get_the_same_width() -> None:
    data = read_data(
        XGBOOST,
        {
            "train": write("train", "1 0:1 5:2\n0 1:1\n", "text/libsvm"),
            "validation": write("validation", "1 0:1\n", "text/x-libsvm"),
        },
    )
    assert data.train.columns == 6
    assert data.held_out()[1].columns == 6


def test_dense_channels_must_have_the_same_width() -> None:
    with pytest.raises(DataError, match="channel 'validation' has 1 features; expected 2, as chan"):
        read_data(
            XGBOOST,
            {"train": write("train", "1,2,3\n"), "validation": write("validation", "1,2\n")},
        )


def test_weights_and_notices_and_the_summary(capsys: pytest.CaptureFixture[str]) -> None:
    channels = {"train": write("train", "y,w,a\n1,0.5,\n0,2,4\n")}
    data = read_data(XGBOOST, channels, weights=True)
    assert data.train.weights is not None
    assert data.train.weights.tolist() == [0.5, 2]
    assert data.train.names == ("a",)
    assert "notice: data: the first row was taken as column names" in capsys.readouterr().out
    assert "train    2     1         50.0 %   2 classes" in repr(data.summary())
    assert "<td" in data.summary()._repr_html_()
    assert data.held_out() == ("train", data.train)


@pytest.mark.parametrize(
    ("labels", "said"), [("1.5 2 3", "1.5 to 3"), ("7 7", "always 7"), ("0 1 2", "3 classes")]
)
def test_the_summary_describes_labels(labels: str, said: str) -> None:
    text = "".join(f"{label},1\n" for label in labels.split())
    assert said in repr(read_data(XGBOOST, {"train": write("train", text)}).summary())


@pytest.mark.parametrize(
    ("content_type", "error", "message"),
    [
        ("image/png", UnsupportedContentType, "channel 'train' has content type 'image/png'"),
        ("text/csv;label_size=0", DataError, "channel 'train' has no labels"),
        ("text/csv;label_size=2", DataError, "label_size=2 in the content type"),
        ("text/libsvm", DataError, "data: line 1: found '1,2'; expected a label, a number"),
    ],
)
def test_content_types(content_type: str, error: type[DataError], message: str) -> None:
    with pytest.raises(error, match=message):
        read_data(XGBOOST, {"train": write("train", "1,2\n", content_type)})


def test_the_default_content_type_is_sagemakers() -> None:
    channel = write("train", "1 0:2\n")
    channel["content_type"] = None
    assert read_data(XGBOOST, {"train": channel}).train.columns == 1


def test_channels_that_need_no_labels(capsys: pytest.CaptureFixture[str]) -> None:
    channels = {
        "train": write("train", "1,2\n3,4\n"),
        "validation": write("validation", "0,1,2\n1,3,4\n"),
    }
    data = read_data(XGBOOST, channels, labelled=("validation",))
    assert data.train.labels is None
    assert data.tables["validation"].labels is not None
    assert "train       2     2         none     none" in repr(data.summary())
    channels["train"]["content_type"] = "text/csv;label_size=1"
    channels["validation"]["content_type"] = "text/csv;label_size=1"
    assert read_data(XGBOOST, {"train": channels["validation"]}, labelled=()).train.labels is None
    assert "notice: channel 'train': labels are not used" in capsys.readouterr().out
