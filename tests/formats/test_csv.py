from __future__ import annotations

import io

import numpy as np
import pytest

from studio_ext.formats import csv
from studio_ext.formats.errors import DataError
from studio_ext.formats.table import Table


def read(text: str | bytes, **options: object) -> Table:
    data = text if isinstance(text, bytes) else text.encode()
    table = csv.read(io.BytesIO(data), "a.csv", **options)  # type: ignore[arg-type]
    assert table is not None
    return table


def refusal(text: str | bytes, **options: object) -> str:
    with pytest.raises(DataError) as caught:
        read(text, **options)
    return str(caught.value)


def test_the_label_comes_first() -> None:
    table = read("1,2,3\n0,5.5,-6e2\n")
    assert table.labels is not None
    assert table.labels.tolist() == [1, 0]
    assert table.features.tolist() == [[2, 3], [5.5, -600]]
    assert table.features.dtype == np.float32
    assert table.names is None
    assert table.notices == ()


def test_a_first_row_without_numbers_names_the_columns() -> None:
    table = read("label,age,sex\n1,2,3\n")
    assert table.names == ("age", "sex")
    assert table.rows == 1
    assert "column names (label, age, sex)" in table.notices[0]


def test_a_first_row_that_names_its_label_may_number_the_others() -> None:
    table = read("label,0,1\n5,2,3\n")
    assert table.names == ("0", "1")
    assert table.features.tolist() == [[2, 3]]


def test_a_first_row_with_one_number_is_data() -> None:
    assert "line 1, column 1 (the label): found 'who'" in refusal("who,2,sex\n1,2,3\n")


def test_a_first_row_that_names_the_label_names_the_columns() -> None:
    assert read("label,0,1\n1,2,3\n").names == ("0", "1")


def test_names_are_refused_where_there_can_be_none() -> None:
    assert "line 1, column 1: found 'age'" in refusal("age,sex\n1,2\n", label_size=0, titles=False)


@pytest.mark.parametrize("missing", ["", "nan", "NaN", "NA", "null", "None", " "])
def test_missing_values(missing: str) -> None:
    table = read(f"1,{missing},3\n0,4,{missing}\n")
    assert np.isnan(table.features).tolist() == [[True, False], [False, True]]


def test_every_column_but_the_label_without_label() -> None:
    table = read("1,2\n3,4\n", label_size=0)
    assert table.labels is None
    assert table.features.tolist() == [[1, 2], [3, 4]]


def test_weights() -> None:
    table = read("1,0.5,7\n0,2,8\n", weights=True)
    assert table.weights is not None
    assert table.weights.tolist() == [0.5, 2]
    assert table.features.tolist() == [[7], [8]]
    assert "column 2 (the weight): found '-1'; expected a weight" in refusal(
        "1,1,7\n0,-1,8\n", weights=True
    )


@pytest.mark.parametrize("mark", [",", ";", "\t", "|", " "])
def test_delimiters(mark: str) -> None:
    assert read(f"1{mark}2{mark}3\n").features.tolist() == [[2, 3]]


@pytest.mark.parametrize(
    "text",
    ["1,2\r\n0,3\r\n", "\n1,2\n\n0,3", "\ufeff1,2\n0,3\n", '"1","2"\n"0","3"\n', "1, 2\n0 ,3"],
)
def test_line_ends_blank_lines_marks_and_quotes(text: str) -> None:
    table = read(text)
    assert table.labels is not None
    assert table.labels.tolist() == [1, 0]
    assert table.features.tolist() == [[2], [3]]


@pytest.mark.parametrize("text", ["", "\n\n", "label,age\n"])
def test_no_rows(text: str) -> None:
    assert csv.read(io.BytesIO(text.encode()), "a.csv") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2,3\n0,x,3\n", "a.csv: line 2, column 2: found 'x'; expected a number"),
        ("y,a,b\n1,2,3\n0,5,old\n", "a.csv: line 3, column 3 ('b'): found 'old'"),
        ("1,2,3\n0,5\n", "a.csv: line 2 has 2 columns; expected 3, as in line 1"),
        ("1,2,3\n0,5,6,7\n", "a.csv: line 2 has 4 columns; expected 3, as in line 1"),
        ("1,2,\n0,5\n", "a.csv: line 2 has 2 columns; expected 3, as in line 1"),
        (",2,3\n", "a.csv: line 1, column 1 (the label): found ''; expected a number"),
        ("1,inf\n", "a.csv: line 1, column 2: found 'inf'; expected a number that"),
        ("1,1e60\n", "a.csv: line 1, column 2: found '1e60'"),
        ("1\n0\n", "a.csv: line 1 has 1 column; expected a label and at least one feature"),
        ("1,1_000\n", "found '1_000'; expected a number"),
        ("1,2\n0,0x1F\n", "line 2, column 2: found '0x1F'"),
        (b"1,2\n0,\xff\n", "UTF-8"),
    ],
)
def test_what_is_wrong_and_where(text: str | bytes, message: str) -> None:
    assert message in refusal(text)


def test_a_missing_last_cell_is_not_a_short_row() -> None:
    assert np.isnan(read("1,2,\n0,5,6\n").features[0, 1])


def test_label_size() -> None:
    assert "label_size=2" in refusal("1,2,3\n", label_size=2)
