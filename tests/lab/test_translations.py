"""Korean covers every text of the interface, and says the same with the same arguments."""

from __future__ import annotations

import json
import re
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import studio_ext

PACKAGE = Path(studio_ext.__file__).parent
SOURCES = PACKAGE / "lab" / "src"
CATALOGUE = PACKAGE / "locale" / "ko_KR" / "LC_MESSAGES" / "studio_ext.json"

TEXT = r"""'((?:\\.|[^'\\\n])*)'|"((?:\\.|[^"\\\n])*)\""""
CALL = re.compile(rf"\b_?trans\s*\.\s*(?:__|_n)\(\s*(?:{TEXT})")
ANY = re.compile(r"\b_?trans\s*\.\s*_[_np]+\(\s*(.{0,40})")


def texts() -> dict[str, str]:
    """The texts of the sources, with the file that says them."""
    found = {}
    for path in SOURCES.rglob("*.ts*"):
        for single, double in CALL.findall(path.read_text()):
            found[re.sub(r"\\(.)", r"\1", single or double)] = str(path.relative_to(SOURCES))
    return found


def catalogue() -> dict[str, list[str]]:
    return json.loads(CATALOGUE.read_text())


@pytest.mark.skipif(not SOURCES.exists(), reason="needs the sources; run it in a clone")
def test_every_text_has_a_translation() -> None:
    found = texts()
    assert len(found) > 200
    missing = {text: where for text, where in found.items() if text not in catalogue()}
    assert missing == {}


@pytest.mark.skipif(not SOURCES.exists(), reason="needs the sources; run it in a clone")
def test_texts_are_written_where_they_are_asked_for() -> None:
    """A text that is put together is in no catalogue; the words of kinds are data."""
    for path in SOURCES.rglob("*.ts*"):
        for start in ANY.findall(path.read_text()):
            assert start[:1] in ("'", '"') or start.startswith("kind."), f"{path.name}: {start}"


def test_translations_take_the_arguments_of_the_text() -> None:
    for text, translations in catalogue().items():
        if text:
            (translation,) = translations  # Korean has one form for any number
            assert translation.strip(), text
            arguments = [sorted(set(re.findall(r"%\d", each))) for each in (text, translation)]
            assert arguments[0] == arguments[1], text


def test_jupyterlab_finds_it() -> None:
    """JupyterLab takes the catalogue from the package that the entry point names."""
    found = [each for each in entry_points(group="jupyterlab.locale") if each.name == "studio_ext"]
    assert [each.value for each in found] == ["studio_ext"]
    head = catalogue()[""]
    assert (head["domain"], head["language"]) == ("studio_ext", "ko-KR")  # type: ignore[call-overload]
