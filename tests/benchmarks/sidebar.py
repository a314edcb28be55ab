"""The sidebar in JupyterLab: readiness, events, long lists, its size, and what it costs others.

Run: ``python -m tests.benchmarks.sidebar [rows]``. Targets: usable within 300 ms of JupyterLab's
own ready state; from event to DOM 100 ms in the median and 200 at the 95th of a hundred; no pause
over 100 ms with 100,000 jobs; a bundle under 300 kB; kernels as quick as without it.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
from pathlib import Path
from typing import Any

from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from studio_ext.home import Home
from studio_ext.store import Store

from ..daemon import Studio, serving
from ..lab.jupyter import FLAGS, TOKEN, Lab, chromium, serving_lab
from .lists import fill

EVENTS = 60
LOADS = 5
LISTING = {
    "X-Amz-Target": "SageMaker.ListTrainingJobs",
    "Content-Type": "application/x-amz-json-1.1",
}

# Notes when the splash goes and when the sidebar has a first row, by the page's own clock; and
# when each row appeared, by the machine's.
WATCH = """
window.studioSeen = {};
window.studioTimes = {};
window.studioPauses = [];
new PerformanceObserver(list => list.getEntries().forEach(entry =>
  window.studioPauses.push([entry.startTime, entry.duration])
)).observe({entryTypes: ['longtask']});
new MutationObserver(() => {
  const times = window.studioTimes;
  if (!times.ready && window.studioSplash && !document.getElementById('jupyterlab-splash')) {
    times.ready = performance.now();
  }
  window.studioSplash ||= document.getElementById('jupyterlab-splash');
  for (const row of document.querySelectorAll('#studio-sidebar [data-studio-name]')) {
    times.usable ||= performance.now();
    window.studioSeen[row.dataset.studioName] ||= Date.now() / 1000;
  }
}).observe(document, {childList: true, subtree: true, attributes: true});
"""


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        home, root, own = folder / "home", folder / "root", folder / "jupyter"
        root.mkdir()
        own.mkdir()
        Home(home).make()
        store = Store(f"sqlite:///{home / 'studio.db'}")
        fill(store, rows)
        store.close()
        with serving(folder) as studio, serving_lab(home, root, own) as lab:
            bundle()
            with_browser(studio, lab, rows)
            kernels(lab)


def bundle() -> None:
    folder = Path(__file__).parents[2] / "studio_ext" / "labextension" / "static"
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(f"{'bundle':<34} {size / 1000:8.1f} kB")


def with_browser(studio: Studio, lab: Lab, rows: int) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        page.set_default_timeout(60_000)
        page.add_init_script(WATCH)
        page.goto(f"{lab.url}/lab?token={TOKEN}&reset")
        page.wait_for_selector("#jupyterlab-splash", state="detached")
        page.locator('li[data-id="studio-sidebar"]').click()
        page.wait_for_selector("#studio-sidebar [data-studio-name]")
        sidebar = page.locator("#studio-sidebar")
        for heading in ("Pipelines", "Experiments"):
            sidebar.get_by_role("button", name=heading).first.click()
        time.sleep(3)  # the layout is saved after a while
        readiness(page, lab)
        events(page, studio)
        long_list(page, rows)
        browser.close()


def readiness(page: Any, lab: Lab) -> None:
    found = []
    for _ in range(LOADS):
        page.goto(f"{lab.url}/lab")
        page.wait_for_function("window.studioTimes.ready && window.studioTimes.usable")
        times = page.evaluate("window.studioTimes")
        found.append(times["usable"] - times["ready"])
    line("usable after JupyterLab is ready", found)


def events(page: Any, studio: Studio) -> None:
    client = studio.client("sagemaker")
    page.get_by_role("button", name="See all").first.wait_for()
    page.get_by_role("list", name="Experiments").wait_for(state="attached")
    committed = {}
    for number in range(EVENTS):
        name = f"event-{number}"
        client.create_experiment(ExperimentName=name)
        committed[name] = client.describe_experiment(ExperimentName=name)["CreationTime"]
        time.sleep(0.05)
    page.wait_for_function("name => window.studioSeen[name]", arg=name)
    seen = page.evaluate("window.studioSeen")
    passed = [1000 * (seen[name] - at.timestamp()) for name, at in committed.items()]
    line("from event to DOM", passed)


def long_list(page: Any, rows: int) -> None:
    page.get_by_role("button", name="See all").first.click()
    table = page.locator(".jp-StudioList")
    table.locator("[data-studio-name]").first.wait_for()
    page.evaluate("window.studioPauses.length = 0")
    box = table.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    began = time.perf_counter()
    for _ in range(150):
        page.mouse.wheel(0, 2_000)
        page.wait_for_timeout(30)
    spent = time.perf_counter() - began
    pauses = [duration for _, duration in page.evaluate("window.studioPauses")]
    print(f"{f'scrolling through {rows} jobs':<34} {spent:8.1f} s, "
          f"longest pause {max(pauses, default=0):.0f} ms")  # fmt: skip


def kernels(lab: Lab) -> None:
    """Round trips of a kernel's socket, alone and while the API is asked all the time."""
    kernel = ask(lab, "api/kernels", {"name": "python3"})["id"]
    alone = asyncio.run(round_trips(lab, kernel))
    ended = threading.Event()

    def load() -> None:
        while not ended.is_set():
            ask(lab, "studio/aws", {"MaxResults": 100}, **LISTING)

    threads = [threading.Thread(target=load) for _ in range(2)]
    for thread in threads:
        thread.start()
    loaded = asyncio.run(round_trips(lab, kernel))
    ended.set()
    for thread in threads:
        thread.join()
    line("kernel round trip, alone", alone)
    line("kernel round trip, API under load", loaded)


async def round_trips(lab: Lab, kernel: str) -> list[float]:
    url = f"{lab.url.replace('http', 'ws', 1)}/api/kernels/{kernel}/channels"
    socket = await websocket_connect(HTTPRequest(url, headers={"Authorization": f"token {TOKEN}"}))
    found = []
    for _ in range(100):
        key = uuid.uuid4().hex
        header = {"msg_id": key, "msg_type": "kernel_info_request", "session": "s",
                  "username": "u", "version": "5.3", "date": "2026-01-01T00:00:00Z"}  # fmt: skip
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": {},
                   "channel": "shell", "buffers": []}  # fmt: skip
        began = time.perf_counter()
        await socket.write_message(json.dumps(message))
        while True:
            answer = await socket.read_message()
            if isinstance(answer, bytes):
                continue
            said = json.loads(answer or "{}")
            if said["msg_type"] == "kernel_info_reply" and said["parent_header"]["msg_id"] == key:
                break
        found.append(1000 * (time.perf_counter() - began))
    socket.close()
    return found


def ask(lab: Lab, path: str, body: dict[str, Any], **headers: str) -> Any:
    request = urllib.request.Request(
        f"{lab.url}/{path}",
        json.dumps(body).encode(),
        {"Authorization": f"token {TOKEN}", **headers},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


def line(title: str, milliseconds: list[float]) -> None:
    ordered = sorted(milliseconds)
    late = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    print(f"{title:<34} {statistics.median(ordered):8.1f} ms, 95 % within {late:.1f} ms")


if __name__ == "__main__":
    main()
