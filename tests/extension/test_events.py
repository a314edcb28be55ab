"""What happens reaches every browser, and one that does not read harms nobody."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import socket
from pathlib import Path
from typing import Any

import pytest

from studio_ext.extension.hub import STOPPED, Hub
from studio_ext.launch import end, ensure
from studio_ext.pages.mailbox import LIMIT

ROLE = "arn:aws:iam::123456789012:role/StudioExecutionRole"


class Browser:
    """The messages of one WebSocket."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket

    async def next(self) -> dict[str, Any]:
        text = await asyncio.wait_for(self.socket.read_message(), 60)
        assert text is not None, "the socket was closed"
        return json.loads(text)

    async def until(self, **wanted: Any) -> dict[str, Any]:
        while True:
            message = await self.next()
            if wanted.items() <= message.items():
                return message


@pytest.fixture
def browse(jp_ws_fetch):
    open_ = []

    async def connect() -> Browser:
        open_.append(await jp_ws_fetch("studio/events"))
        return Browser(open_[-1])

    yield connect
    for each in open_:
        each.close()


def make(client, name: str) -> Any:
    return asyncio.to_thread(
        client("sagemaker").create_model, ModelName=name, ExecutionRoleArn=ROLE,
        PrimaryContainer={"Image": "image:1"},
    )  # fmt: skip


async def test_hello_comes_first_and_then_every_change(browse, client) -> None:
    browser = await browse()
    hello = await browser.next()
    assert hello["type"] == "hello"
    assert hello["running"] == []
    assert hello["counts"]["Role"] == {"aws-global": 1}
    assert hello.keys() >= {"version", "url", "cores", "busy", "waiting"}
    await make(client, "one")
    change = await browser.next()
    assert {"at", "seq"} <= change.keys()
    assert change | {"at": 0, "seq": 0} == {
        "type": "change", "kind": "Model", "region": "us-east-1", "name": "one", "key": "one",
        "action": "created", "status": "", "message": "", "at": 0, "seq": 0,
    }  # fmt: skip
    await asyncio.to_thread(client("sagemaker").delete_model, ModelName="one")
    assert (await browser.next())["action"] == "deleted"


async def test_many_browsers_share_one_connection(browse, client, jp_serverapp, home) -> None:
    browsers = [await browse() for _ in range(5)]
    for browser in browsers:
        assert (await browser.next())["type"] == "hello"
    await make(client, "shared")
    for browser in browsers:
        assert (await browser.until(type="change"))["name"] == "shared"
    hub: Hub = jp_serverapp.web_app.settings["studio_hub"]
    assert len(hub._mailboxes) == 5
    opened = [line for line in home.audit.read_text().splitlines() if '"Events"' in line]
    assert len(opened) <= 2 + 4, "one stream for all, and a hello for each latecomer"


async def test_nobody_listens_so_nothing_is_held(browse, jp_serverapp) -> None:
    browser = await browse()
    await browser.next()
    hub: Hub = jp_serverapp.web_app.settings["studio_hub"]
    browser.socket.close()
    await until(lambda: hub._work is None)
    assert (hub._work, hub._exchange, hub._mailboxes) == (None, None, set())


async def test_what_a_browser_says_is_not_listened_to(browse, client) -> None:
    browser = await browse()
    await browser.next()
    for text in ("x" * 100_000, '{"type":"change"}', "\0"):
        await browser.socket.write_message(text)
    await make(client, "deaf")
    assert (await browser.until(type="change"))["name"] == "deaf"


async def test_the_daemon_killed_is_told_and_comes_back(browse, client, home) -> None:
    browser = await browse()
    await browser.next()
    os.kill(ensure(home)["pid"], signal.SIGKILL)
    offline = await browser.next()
    assert offline["type"] == "offline"
    assert offline["reason"].startswith("the daemon has gone")
    assert offline["since"] > 1_700_000_000
    hello = await browser.next()
    assert hello["type"] == "hello"
    assert home.daemon() is not None


async def test_a_daemon_that_was_stopped_is_waited_for(browse, home) -> None:
    browser = await browse()
    await browser.next()
    await asyncio.to_thread(end, home)
    assert (await browser.next())["reason"] == STOPPED
    late = await browse()
    assert (await late.next())["reason"] == STOPPED
    await asyncio.sleep(1.5)
    assert home.daemon() is None, "its user meant it"
    await asyncio.to_thread(ensure, home)
    assert (await browser.next())["type"] == "hello"
    assert (await late.next())["type"] == "hello"


async def test_a_hostile_message_is_data(browse, client) -> None:
    """Texts pass as they are; it is the page that must not take them for HTML."""
    browser = await browse()
    await browser.next()
    text = "</script><img src=x onerror=alert(1)> \U0001f600"
    await asyncio.to_thread(
        client("sagemaker").create_experiment, ExperimentName="e", Description=text
    )
    assert (await browser.until(type="change"))["name"] == "e"
    script = "<script>alert(1)</script>"
    await asyncio.to_thread(
        client("sagemaker").create_action, ActionName="a", ActionType="b",
        Source={"SourceUri": script},
    )  # fmt: skip
    assert (await browser.until(kind="Action"))["name"] == "a"


async def test_who_falls_behind_is_told_to_look_again(browse, client, jp_serverapp) -> None:
    browsers = [await browse(), await browse()]
    for browser in browsers:
        await browser.next()
    hub: Hub = jp_serverapp.web_app.settings["studio_hub"]
    for _ in range(LIMIT + 1):  # in one go: nobody can read meanwhile
        hub._hand_out('{"type":"news"}')
    for browser in browsers:
        assert (await browser.next())["type"] == "hello"
    await make(client, "after")
    for browser in browsers:
        assert (await browser.until(type="change"))["name"] == "after"


async def test_a_browser_that_never_reads_harms_nobody(
    browse, client, jp_serverapp, http_server_port, jp_auth_header
) -> None:
    with socket.create_connection(("127.0.0.1", http_server_port[-1])) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.sendall(
            f"GET {jp_serverapp.base_url}studio/events HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: {jp_auth_header['Authorization']}\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        hub: Hub = jp_serverapp.web_app.settings["studio_hub"]
        await until(lambda: hub._mailboxes)
        (mailbox,) = hub._mailboxes
        browser = await browse()
        await browser.next()
        heard = asyncio.create_task(browser.until(type="change"))
        line = json.dumps({"type": "news", "name": "x" * 10_000})
        before = resident()
        for number in range(20_000):  # 200 MB
            hub._hand_out(line)
            assert len(mailbox._messages) <= LIMIT
            if number % 500 == 0:
                await asyncio.sleep(0.01)
        assert resident() - before < 100 << 20
        (read,) = hub._mailboxes - {mailbox}
        await until(lambda: not (read._messages or read._lost))
        await make(client, "heard")
        assert (await heard)["name"] == "heard"
    await until(lambda: mailbox not in hub._mailboxes)


def resident() -> int:
    """Bytes of memory that this process has now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


async def until(found) -> None:
    for _ in range(2000):
        if found():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("waited 20 s")
