"""The provisioner as Jupyter servers use it: through a kernelspec and a kernel manager."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import KernelManager
from jupyter_client.provisioning import KernelProvisionerFactory

from studio_ext.kernels.client import ForkRefused, ServedChild
from studio_ext.kernels.forks import ForkServers
from studio_ext.kernels.provisioner import NAME, ForkProvisioner, arguments, kernelspec
from studio_ext.processes.identity import look

LAB = """
import os, sys, time
sys.path.insert(0, {root!r})
from pathlib import Path
from jupyter_client.manager import KernelManager
from studio_ext.kernels.forks import ForkServers
from studio_ext.kernels.provisioner import ForkProvisioner, kernelspec
from jupyter_client.kernelspec import KernelSpec
ForkProvisioner._servers = ForkServers(Path({runtime!r}))
ForkProvisioner._servers._answers = lambda path: True
ForkProvisioner._servers.owned = False
km = KernelManager()
km._kernel_spec = KernelSpec(**kernelspec())
km.provisioner = ForkProvisioner(kernel_id="k", kernel_spec=km._kernel_spec, parent=km)
km.start_kernel()
print(type(km.provisioner.process).__name__, km.provisioner.pid, flush=True)
time.sleep(100)
"""


@pytest.fixture
def manager(
    servers: ForkServers, fork: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Any]:
    """A manager of a "Python 3 (fast)" kernel whose fork server is ready."""
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    monkeypatch.chdir(tmp_path)
    assert fork("os:getpid", []).wait(20) >= 0  # a stale server is replaced here
    monkeypatch.setattr(ForkProvisioner, "_servers", servers)
    from jupyter_client.kernelspec import KernelSpec

    km = KernelManager()
    km._kernel_spec = KernelSpec(**kernelspec())
    km.provisioner = ForkProvisioner(kernel_id="k", kernel_spec=km._kernel_spec, parent=km)
    yield km
    if km.has_kernel:
        km.shutdown_kernel(now=True)
    km.cleanup_resources()


def talk(km: Any) -> Any:
    kc = km.client()
    kc.start_channels()
    kc.wait_for_ready(timeout=60)
    return kc


def ask(kc: Any, code: str) -> str:
    texts: list[str] = []

    def hear(message: Any) -> None:
        content = message["content"]
        texts.append(content.get("text") or content.get("data", {}).get("text/plain", ""))

    kc.execute_interactive(code, output_hook=hear, timeout=60)
    return "".join(texts)


def test_a_kernel_is_forked(manager: Any) -> None:
    manager.start_kernel()
    assert isinstance(manager.provisioner.process, ServedChild), manager.provisioner.refused
    kc = talk(manager)
    assert ask(kc, "print(6 * 7)") == "42\n"
    code = "import sys; 'sklearn' in sys.modules, sys.executable"
    assert ask(kc, code) == repr((True, sys.executable))
    kc.execute("import time; time.sleep(60)")
    time.sleep(0.5)
    begin = time.monotonic()
    manager.interrupt_kernel()
    while (reply := kc.get_shell_msg(timeout=20))["content"].get("ename") is None:
        pass
    assert reply["content"]["ename"] == "KeyboardInterrupt"
    assert time.monotonic() - begin < 5
    first = manager.provisioner.pid
    manager.restart_kernel()
    assert isinstance(manager.provisioner.process, ServedChild)
    assert manager.provisioner.pid != first
    kc.wait_for_ready(timeout=60)
    assert ask(kc, "'time' in globals()") == "False"
    assert manager.is_alive()
    os.kill(manager.provisioner.pid, signal.SIGKILL)
    limit = time.monotonic() + 10
    while manager.is_alive() and time.monotonic() < limit:
        time.sleep(0.01)
    assert not manager.is_alive()
    kc.stop_channels()


def test_what_cannot_be_forked_is_started(
    manager: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "numpy.py").write_text("VALUE = 'mine'")
    manager.start_kernel(cwd=str(tmp_path))
    assert isinstance(manager.provisioner.process, subprocess.Popen)
    assert "numpy.py" in manager.provisioner.refused
    kc = talk(manager)
    assert ask(kc, "import numpy; print(numpy.VALUE)") == "mine\n"
    kc.stop_channels()


def test_the_first_kernel_does_not_wait_for_the_server(
    manager: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    empty = ForkServers(tmp_path / "r", usual=False, owned=False, idle=0.5)
    monkeypatch.setattr(ForkProvisioner, "_servers", empty)
    manager.start_kernel()
    assert isinstance(manager.provisioner.process, subprocess.Popen)
    assert "no fork server is ready" in manager.provisioner.refused
    pid = empty.wait(os.environ, 60)["pid"]
    limit = time.monotonic() + 20
    while look(pid) and not look(pid).zombie and time.monotonic() < limit:  # type: ignore[union-attr]
        time.sleep(0.05)
    assert look(pid) is None or look(pid).zombie  # type: ignore[union-attr]


def test_a_kernel_dies_with_its_jupyter_server(
    servers: ForkServers, fork: Callable[..., Any], tmp_path: Path
) -> None:
    assert fork("os:getpid", []).wait(20) >= 0
    env = {**os.environ, "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    for name in ("PYTEST_CURRENT_TEST", "PYTHONPATH"):
        env.pop(name, None)
    if "PYTHONPATH" in os.environ:
        env["PYTHONPATH"] = os.environ["PYTHONPATH"]
    code = LAB.format(root=str(Path(__file__).parents[2]), runtime=str(servers.runtime))
    lab = subprocess.Popen(
        [sys.executable, "-c", code], env=env, cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    assert lab.stdout is not None
    kind, number = lab.stdout.readline().split()
    assert kind == "ServedChild"
    assert look(int(number)) is not None
    lab.kill()
    lab.wait()
    lab.stdout.close()
    limit = time.monotonic() + 10
    while look(int(number)) is not None and time.monotonic() < limit:
        time.sleep(0.01)
    assert look(int(number)) is None


def test_the_entry_point_is_ours() -> None:
    spec = kernelspec()
    assert spec["metadata"]["kernel_provisioner"]["provisioner_name"] == NAME
    json.dumps(spec)
    names = KernelProvisionerFactory.instance().get_provisioner_entries()
    if NAME in names:  # the package is installed, not only on the path
        assert names[NAME] == "studio_ext.kernels.provisioner:ForkProvisioner"


@pytest.mark.parametrize(
    "command",
    [
        ["R", "--slave", "-e", "IRkernel::main()"],
        ["/usr/bin/python3", "-m", "ipykernel_launcher", "-f", "x"],
        [sys.executable, "-m", "xeus_python", "-f", "x"],
        [sys.executable, "-X", "dev", "-m", "ipykernel_launcher"],
        [],
    ],
)
def test_other_commands_are_not_forked(command: list[str]) -> None:
    with pytest.raises(ForkRefused):
        arguments(command)
