from __future__ import annotations

import pytest

from studio_ext.algorithms.hyperparameters import (
    HyperparameterError,
    Interval,
    check,
    choice,
    defaults,
    flag,
    integer,
    number,
    text,
)


def _even(value: str) -> int:
    if int(value) % 2:
        raise ValueError("an even number")
    return int(value)


SPECIFICATION = (
    integer("rounds", "Rounds.", 1, required=True),
    number("eta", "Step.", Interval(0, 1, open_low=True), default="0.3", aliases=("rate",)),
    number("wd", "Decay.", Interval(0), default="auto", words=("auto",)),
    choice("method", "Method.", "a", "b", "gpu", default="a", refused={"gpu": "there is none"}),
    flag("bias", "Bias.", default="true"),
    text("even", "Even.", _even),
)


def problem(**given: str) -> str:
    with pytest.raises(HyperparameterError) as caught:
        check(SPECIFICATION, {"rounds": "1", **given})
    return str(caught.value)


def test_strings_become_values() -> None:
    given = {"rounds": "5", "rate": ".5", "method": "b", "bias": "False", "wd": "auto", "even": "4"}
    assert check(SPECIFICATION, given) == {
        "rounds": 5,
        "eta": 0.5,
        "method": "b",
        "bias": False,
        "wd": "auto",
        "even": 4,
    }


def test_whole_numbers_in_the_forms_that_tuners_write() -> None:
    assert check(SPECIFICATION, {"rounds": " 5.0 "}) == {"rounds": 5}


def test_defaults() -> None:
    assert defaults(SPECIFICATION) == {"eta": 0.3, "wd": "auto", "method": "a", "bias": True}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"rounds": "0"}, "rounds: '0' is not valid; expected an integer at least 1"),
        ({"rounds": "1.5"}, "rounds: '1.5' is not valid; expected an integer at least 1"),
        ({"rounds": "1_0"}, "rounds: '1_0' is not valid"),
        ({"rounds": "nan"}, "rounds: 'nan' is not valid"),
        ({"rounds": ""}, "rounds: '' is not valid"),
        ({"eta": "0"}, "eta: '0' is not valid; expected a number above 0 and at most 1"),
        ({"eta": "inf"}, "eta: 'inf' is not valid"),
        ({"wd": "-1"}, "wd: '-1' is not valid; expected a number at least 0 or auto"),
        ({"method": "c"}, "method: 'c' is not valid; expected one of a, b"),
        ({"method": "gpu"}, "method: 'gpu' is not available here: there is none"),
        ({"bias": "yes"}, "bias: 'yes' is not valid; expected true or false"),
        ({"even": "3"}, "even: '3' is not valid; expected an even number"),
        ({"ruonds": "3"}, "ruonds: unknown hyperparameter (value '3'); did you mean rounds?"),
        ({"zzz": "3"}, "zzz: unknown hyperparameter (value '3'); expected one of bias, eta"),
        ({"eta": "1", "rate": "1"}, "rate: '1' repeats eta"),
    ],
)
def test_what_is_wrong(given: dict[str, str], message: str) -> None:
    assert message in problem(**given)


def test_all_problems_at_once() -> None:
    with pytest.raises(HyperparameterError) as caught:
        check(SPECIFICATION, {"eta": "2", "method": "c"})
    assert str(caught.value).count(";") >= 3
    assert "rounds is missing; expected an integer at least 1" in str(caught.value)
