"""The S3 door against moto's server and, where there is one, rclone's.

Run: ``python -m tests.benchmarks.bucket``. Interleaved rounds on one machine; what counts are the
ratios, medians of paired rounds.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from studio_ext.bucket.door import S3Door
from studio_ext.bucket.folder import FolderObjects
from studio_ext.bucket.headers import ObjectHeaders
from studio_ext.identity.keys import ACCOUNT, Keys
from studio_ext.store import Store
from studio_ext.wire import make_app

LARGE, SMALL = os.urandom(64 << 20), os.urandom(4 << 10)
PARTS = 8
ROUNDS = {
    "put 64 MB": 5, "64 MB in 8 parts": 5, "get 64 MB": 5,
    "put 4 KB": 200, "4 KB in 1 part": 50, "get 4 KB": 200,
}  # fmt: skip


@contextlib.contextmanager
def door(home: Path) -> Iterator[Any]:
    """A bucket behind its door, in a process of its own, as the daemon has it."""
    ready, ours = os.pipe()
    child = os.fork()
    if child == 0:
        asyncio.run(_serve(home, ours))
        os._exit(0)
    os.close(ours)
    with os.fdopen(ready) as file:
        url = file.readline().strip()
    root = Keys(home / "identity").root
    try:
        yield client(url, root.access_key, root.secret_key)
    finally:
        os.kill(child, 15)
        os.waitpid(child, 0)


async def _serve(home: Path, ready: int) -> None:
    keys, objects = Keys(home / "identity"), FolderObjects(home / "s3")
    store = Store(f"sqlite:///{home}/studio.db")
    door = S3Door(objects, ObjectHeaders(store), keys.lookup, account=ACCOUNT)
    app = make_app([], keys.lookup, account=ACCOUNT, extra_handlers=[door.rule])
    sockets = bind_sockets(0, "127.0.0.1")
    HTTPServer(app, decompress_request=False).add_sockets(sockets)
    os.write(ready, f"http://127.0.0.1:{sockets[0].getsockname()[1]}\n".encode())
    await asyncio.Event().wait()


@contextlib.contextmanager
def process(port: int, command: list[str]) -> Iterator[Any]:
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if time.monotonic() > deadline:
                raise TimeoutError(command[0])
            time.sleep(0.05)
        yield client(f"http://127.0.0.1:{port}", "key", "secret")
    finally:
        child.terminate()
        child.wait()


def client(url: str, key: str, secret: str) -> Any:
    return boto3.client(
        "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id=key,
        aws_secret_access_key=secret, config=Config(response_checksum_validation="when_required"),
    )  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def actions(s3: Any) -> dict[str, Callable[[], Any]]:
    def get(key: str) -> None:
        body = s3.get_object(Bucket="bench", Key=key)["Body"]
        while body.read(1 << 20):
            pass

    def send(body: bytes, parts: int) -> None:
        place = {"Bucket": "bench", "Key": "parts"}
        place["UploadId"] = s3.create_multipart_upload(**place)["UploadId"]
        size = len(body) // parts
        sent = [
            s3.upload_part(**place, PartNumber=n + 1, Body=body[n * size : (n + 1) * size])
            for n in range(parts)
        ]
        listed = [{"PartNumber": n, "ETag": part["ETag"]} for n, part in enumerate(sent, 1)]
        s3.complete_multipart_upload(**place, MultipartUpload={"Parts": listed})

    return {
        "put 64 MB": lambda: s3.put_object(Bucket="bench", Key="large", Body=LARGE),
        "64 MB in 8 parts": lambda: send(LARGE, PARTS),
        "get 64 MB": lambda: get("large"),
        "put 4 KB": lambda: s3.put_object(Bucket="bench", Key="small", Body=SMALL),
        "4 KB in 1 part": lambda: send(SMALL, 1),
        "get 4 KB": lambda: get("small"),
    }


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="bucket-bench-"))
    rclone, moto = shutil.which("rclone"), free_port()
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        servers = {"door": stack.enter_context(door(folder / "home"))}
        if rclone is not None:
            (folder / "rclone").mkdir()
            port = free_port()
            servers["rclone"] = stack.enter_context(
                process(port, [
                    rclone, "serve", "s3", str(folder / "rclone"), "--config", "",
                    "--addr", f"127.0.0.1:{port}", "--auth-key", "key,secret",
                    "--dir-cache-time", "0s",
                ])
            )  # fmt: skip
        servers["moto"] = stack.enter_context(
            process(moto, [sys.executable, "-m", "moto.server", "-p", str(moto)])
        )
        for s3 in servers.values():
            s3.create_bucket(Bucket="bench")
        peers = [name for name in servers if name != "door"]
        heads = [*servers, *(f"door/{peer}" for peer in peers)]
        print(f"{'':18}" + "".join(f"{head:>13}" for head in heads))
        for name, rounds in ROUNDS.items():
            taken: dict[str, list[float]] = {server: [] for server in servers}
            todo = {server: actions(s3)[name] for server, s3 in servers.items()}
            for action in todo.values():
                action()
            for _ in range(rounds):
                for server, action in todo.items():
                    began = time.perf_counter()
                    action()
                    taken[server].append(time.perf_counter() - began)
            medians = [f"{statistics.median(taken[server]) * 1000:10.2f} ms" for server in servers]
            ratios = [
                statistics.median(a / b for a, b in zip(taken["door"], taken[peer], strict=True))
                for peer in peers
            ]
            print(f"{name:18}{''.join(medians)}{''.join(f'{ratio:13.2f}' for ratio in ratios)}")


if __name__ == "__main__":
    main()
