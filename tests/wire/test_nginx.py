"""Signatures survive a real nginx, also one that drops the port from the Host header."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from ..daemon import Studio, serving

PROGRAM = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
HOSTS = ("$http_host", "$host", "$proxy_host")  # as it came; without its port; the daemon's
CONFIGURATION = """
{user} worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/log;
events {{ worker_connections 64; }}
http {{
  access_log off; client_max_body_size 0;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  {servers}
}}
"""
SERVER = """
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass {upstream}; proxy_set_header Host {host}; }}
  }}
"""


@pytest.fixture(scope="module")
def proxies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Studio, dict[str, str]]]:
    """A daemon that knows its public URLs, and those, by the Host header that nginx sends on."""
    if PROGRAM is None:
        pytest.skip("no nginx here; run: apt install nginx-light, and this again")
    folder = tmp_path_factory.mktemp("nginx")
    ports = {host: _free_port() for host in HOSTS}
    urls = {host: f"http://127.0.0.1:{port}" for host, port in ports.items()}
    arguments = [part for url in urls.values() for part in ("--public-url", url)]
    with serving(folder / "studio", *arguments) as studio:
        servers = "".join(
            SERVER.format(port=port, host=host, upstream=studio.url) for host, port in ports.items()
        )
        file = folder / "nginx.conf"
        # Its workers would leave root's account, and could not write to our folder then.
        user = "user root;" if os.geteuid() == 0 else ""
        file.write_text(CONFIGURATION.format(folder=folder, servers=servers, user=user))
        with subprocess.Popen([PROGRAM, "-e", folder / "log", "-c", file, "-p", folder]) as process:
            limit = time.monotonic() + 20
            while not all(_answers(port) for port in ports.values()):
                assert time.monotonic() < limit, (folder / "log").read_text()
                time.sleep(0.02)
            yield studio, urls
            process.terminate()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _answers(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("host", HOSTS)
def test_signatures_hold_behind_nginx(proxies: tuple[Studio, dict[str, str]], host: str) -> None:
    studio, urls = proxies

    def client(service: str) -> Any:
        return boto3.client(
            service, endpoint_url=urls[host], region_name="us-east-1",
            aws_access_key_id=studio.key.access_key,
            aws_secret_access_key=studio.key.secret_key,
        )  # fmt: skip

    assert "TrainingJobSummaries" in client("sagemaker").list_training_jobs()
    s3 = client("s3")
    bucket = f"behind-{host.strip('$').replace('_', '-')}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="a b/ü", Body=b"x" * 100_000)
    assert s3.get_object(Bucket=bucket, Key="a b/ü")["Body"].read() == b"x" * 100_000
    link = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a b/ü"})
    with urllib.request.urlopen(link) as answer:
        assert len(answer.read()) == 100_000
