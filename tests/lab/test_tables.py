"""Tables as people have them become what SageMaker's algorithms read (``create/csv.ts``)."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import studio_ext

LAB = Path(studio_ext.__file__).parent / "lab"
ESBUILD = LAB / "node_modules" / ".bin" / "esbuild"
SAY = """
import { parse, likelyTarget, taskOf, isReady, prepare } from './csv.mjs';
const { text, target, hold } = JSON.parse(process.argv[2]);
const trans = { __: (text, ...args) => text.replace(/%(\\d)/g, (_, n) => args[n - 1]) };
const table = parse(text);
const column = target ?? likelyTarget(table);
let prepared, error;
try { prepared = prepare(table, column, hold, trans); } catch (e) { error = e.message; }
console.log(JSON.stringify({
  ...table, target: column, ...taskOf(table, column), ready: isReady(table, column), prepared, error
}));
"""

pytestmark = pytest.mark.skipif(
    not ESBUILD.exists() or shutil.which("node") is None,
    reason="needs node and the packages; run: npm ci in studio_ext/lab",
)


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, Any]]:
    """What the form makes of a CSV."""
    folder = tmp_path_factory.mktemp("csv")
    source, module = str(LAB / "src" / "create" / "csv.ts"), folder / "csv.mjs"
    subprocess.run([ESBUILD, source, "--format=esm", f"--outfile={module}"], check=True)
    (folder / "say.mjs").write_text(SAY)

    def read(text: str, target: int | None = None, hold: bool = False) -> dict[str, Any]:
        asked = json.dumps({"text": text, "target": target, "hold": hold})
        done = subprocess.run(
            ["node", folder / "say.mjs", asked], check=True, capture_output=True, text=True
        )
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    return read


Read = Callable[..., dict[str, Any]]


def test_names_texts_and_a_target_at_the_end(read: Read) -> None:
    found = read("a,b,kind\n1,2,dog\n3,4,cat\n5,6,dog\n")
    assert (found["header"], found["target"]) == (["a", "b", "kind"], 2)
    assert found["classes"] == ["cat", "dog"]
    assert found["prepared"]["train"] == "1,1,2\n0,3,4\n1,5,6\n"


def test_what_the_algorithms_read_already_stays(read: Read) -> None:
    found = read("0,1.5,2\n1,2.5,3\n0,1,1\n")
    assert (found["header"], found["target"], found["ready"]) == (None, 0, True)


def test_a_number_to_be_estimated(read: Read) -> None:
    found = read("size,price\n" + "".join(f"{i},{i * 1.5 + 0.25}\n" for i in range(60)))
    assert (found["target"], found["classes"]) == (1, None)
    assert found["prepared"]["train"].startswith("0.25,0\n1.75,1\n")


def test_labels_that_do_not_begin_at_zero_are_numbered(read: Read) -> None:
    found = read("1,5.5\n2,6.5\n1,7.5\n")
    assert (found["classes"], found["ready"]) == (["1", "2"], False)
    assert found["prepared"]["train"] == "0,5.5\n1,6.5\n0,7.5\n"


def test_a_named_target_is_found_wherever_it_is(read: Read) -> None:
    assert read("label,a\n0,1\n1,2\n")["target"] == 0
    assert read("a,Survived,b\n1,0,2\n2,1,3\n")["target"] == 1


@pytest.mark.parametrize("mark", [";", "\t"])
def test_other_separators(read: Read, mark: str) -> None:
    found = read("a;b;y\n1;2;0\n3;4;1\n".replace(";", mark))
    assert found["prepared"]["train"] == "0,1,2\n1,3,4\n"


def test_quotes_line_ends_and_the_mark_of_unicode(read: Read) -> None:
    found = read('\ufeff"a, b","say ""hi""",y\r\n1,"two, 2",0\r\n2,"x\ny",1\r\n')
    assert found["header"] == ["a, b", 'say "hi"', "y"]
    assert found["rows"] == [["1", "two, 2", "0"], ["2", "x\ny", "1"]]
    assert found["prepared"]["train"] == "0,1,0\n1,2,1\n"


def test_rows_without_a_target_are_left_out(read: Read) -> None:
    found = read("a,y\n1,0\n2,\n3,1\n")
    assert found["prepared"]["train"] == "0,1\n1,3\n"
    assert any("1 rows without" in note for note in found["prepared"]["notes"])


def test_a_ragged_row_is_named(read: Read) -> None:
    assert read("a,b\n1,2\n3\n")["error"] == "Row 3 has 1 columns; expected 2 as in the first."


def test_held_out_rows_are_the_same_each_time(read: Read) -> None:
    text = "a,y\n" + "".join(f"{i},{i % 2}\n" for i in range(100))
    first, second = (read(text, hold=True)["prepared"] for _ in range(2))
    assert first == second
    train, held = (first[part].splitlines() for part in ("train", "validation"))
    assert (len(train) + len(held), 10 < len(held) < 35) == (100, True)
    assert not set(train) & set(held)
