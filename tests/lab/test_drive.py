"""Buckets are folders of a file browser, and what lies in them cannot harm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ..daemon import PATIENCE, Studio, notebook

MILLISECONDS = PATIENCE * 1000
BUCKET = "drive-bucket"
SCRIPT = "<script>parent.hurt = 1; top.hurt = 1</script><img src=x onerror='top.hurt = 1'>"


@pytest.fixture(scope="module", autouse=True)
def bucket(served: Studio) -> str:
    served.client("s3").create_bucket(Bucket=BUCKET)
    served.put(BUCKET, "tables/a.csv", "a,b\n1,2\n")
    served.put(BUCKET, "evil.html", f"<p>hello</p>{SCRIPT}")
    svg = f'<svg xmlns="http://www.w3.org/2000/svg"><text>hello</text>{SCRIPT[:42]}</svg>'
    served.put(BUCKET, "evil.svg", svg)
    served.put(BUCKET, "evil.ipynb", notebook("1").replace(
        '"outputs": []',
        '"outputs": [{"output_type": "display_data", "metadata": {}, "data": '
        '{"text/html": "<script>top.hurt = 1</script>"}}]', 1,
    ))  # fmt: skip
    return BUCKET


def browse(page: Any, prefix: str = "") -> Any:
    page.evaluate(
        "args => window.jupyterapp.commands.execute('studio:open-bucket', args).then(() => null)",
        {"bucket": BUCKET, "prefix": prefix},
    )
    found = page.locator("#studio-files")
    found.wait_for()
    return found


def item(found: Any, name: str) -> Any:
    return found.locator(".jp-DirListing-item", has_text=name)


def test_an_object_opens_with_jupyterlabs_own_viewer(page: Any) -> None:
    found = browse(page)
    item(found, "tables").dblclick()
    item(found, "a.csv").dblclick()
    page.locator(".jp-CSVViewer:visible").wait_for(timeout=MILLISECONDS)


def test_upload_rename_delete(page: Any, served: Studio, tmp_path: Path) -> None:
    file = tmp_path / "up.txt"
    file.write_text("up")
    found = browse(page, "tables/")
    item(found, "a.csv").wait_for(timeout=MILLISECONDS)
    with page.expect_file_chooser() as chooser:
        found.locator('[title^="Upload"]').or_(found.get_by_label("Upload")).first.click()
    chooser.value.set_files(file)
    item(found, "up.txt").wait_for(timeout=MILLISECONDS)
    client = served.client("s3")
    assert client.get_object(Bucket=BUCKET, Key="tables/up.txt")["Body"].read() == b"up"
    item(found, "up.txt").click()
    page.keyboard.press("F2")
    page.keyboard.press("Control+A")
    page.keyboard.type("renamed.txt")
    page.keyboard.press("Enter")
    item(found, "renamed.txt").wait_for(timeout=MILLISECONDS)
    assert client.get_object(Bucket=BUCKET, Key="tables/renamed.txt")["Body"].read() == b"up"
    item(found, "renamed.txt").click()
    page.keyboard.press("Delete")
    page.locator(".jp-Dialog .jp-mod-accept").click()
    item(found, "renamed.txt").wait_for(state="detached", timeout=MILLISECONDS)
    left = [each["Key"] for each in client.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert "tables/renamed.txt" not in left


def test_download(page: Any) -> None:
    found = browse(page, "tables/")
    item(found, "a.csv").click(button="right")
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Download", exact=True).click()
    assert Path(download.value.path()).read_text() == "a,b\n1,2\n"


@pytest.mark.parametrize("name", ["evil.html", "evil.svg", "evil.ipynb"])
def test_hostile_objects_run_nothing(page: Any, complaints: list[str], name: str) -> None:
    found = browse(page)
    item(found, name).dblclick()
    page.locator(".lm-TabBar-tab.lm-mod-current", has_text=name).first.wait_for()
    page.wait_for_timeout(1500)  # time to do harm
    assert page.evaluate("window.hurt") is None
    # The browser tells that it ran no script, and that the page's own picture is not there.
    harmless = ("sandboxed", "Content Security Policy", "Failed to load resource")
    complaints[:] = [each for each in complaints if not any(word in each for word in harmless)]
