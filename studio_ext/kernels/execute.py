"""``execute``: one notebook, with its parameters, to its end."""

from __future__ import annotations

import asyncio
import copy
import keyword
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from studio_ext.kernels import papermill
from studio_ext.kernels.direct import DirectKernel
from studio_ext.kernels.engine import Execution
from studio_ext.kernels.kernel import Kernel
from studio_ext.kernels.outcome import Engine, Listener, NotebookError, Outcome
from studio_ext.kernels.protocol import ProtocolKernel
from studio_ext.kernels.provisioner import NAME as FAST, LocalForkProvisioner
from studio_ext.kernels.stop import Stop
from studio_ext.processes import tree

NAME = re.compile(r"[A-Za-z_.][A-Za-z0-9_.]*\Z")
PYTHON = ("python3", "python", FAST)  # kernels that stand for this process's interpreter


def execute(
    notebook: Path | NotebookNode,
    output: Path,
    parameters: Mapping[str, Any],
    *,
    engine: Engine = "auto",
    kernel_name: str | None = None,
    cwd: Path,
    env: Mapping[str, str],
    listener: Listener,
    stop: Stop | None = None,
    start_timeout: float = 60.0,
) -> Outcome:
    """Run ``notebook`` with ``parameters`` and keep the result at ``output``.

    The calling process should do nothing else meanwhile: at the end, every process that became its
    child during the run is killed, as the end of a container would.

    Args:
        notebook: a file, or a notebook, which is not changed.
        output: the executed notebook; valid at every moment from before the first cell on.
        parameters: set in a cell after the one tagged ``parameters``, in the kernel's language.
        engine: ``auto`` takes a forked kernel where that is possible, else the stock kernel.
            ``inprocess`` does without Jupyter's protocol, for Python notebooks that need no
            startup files, extensions or background tasks of a kernel.
        kernel_name: instead of the one the notebook names; ``python3`` when it names none.
        cwd: working directory of the kernel.
        env: the kernel's whole environment.
        stop: how to ask for an end.
        start_timeout: seconds the kernel may take to answer.

    Raises:
        NotebookError: nothing was run: not a notebook, no such kernel, a parameter's name or value
            that cannot be written in the kernel's language.
    """
    nb = prepare(load(notebook), parameters, kernel_name)
    kernel = choose(engine, nb.metadata.kernelspec["name"])
    stop = stop or Stop()
    was_subreaper = tree.is_subreaper()
    tree.become_subreaper()
    try:
        execution = Execution(nb, output, kernel, listener, stop)
        return asyncio.run(execution.run(cwd, dict(env), start_timeout))
    finally:
        tree.become_subreaper(was_subreaper)


def choose(engine: Engine, kernel_name: str) -> Kernel:
    """The kernel that ``engine`` asks for, as far as this is settled before its start."""
    if engine == "inprocess" and kernel_name in PYTHON:
        return DirectKernel(kernel_name)
    return ProtocolKernel(kernel_name, None if engine == "stock" else LocalForkProvisioner)


def parse(text: str, name: str) -> NotebookNode:
    """The notebook that ``text`` is; ``name`` is for the error.

    Raises:
        NotebookError: it is none.
    """
    try:
        return nbformat.reads(text, as_version=4)
    except Exception as error:  # nbformat raises what its converters happen to meet
        why = (str(error).splitlines() or [""])[0][:200]
        raise NotebookError(f"{name} is not a notebook: {why}") from error


def load(notebook: Path | NotebookNode) -> NotebookNode:
    """A notebook of format 4.5 with papermill's metadata, ours to change.

    Raises:
        NotebookError: the file cannot be read or is not a notebook.
    """
    if isinstance(notebook, Path):
        try:
            nb = parse(notebook.read_text(encoding="utf-8"), str(notebook))
        except OSError as error:
            raise NotebookError(f"{notebook}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise NotebookError(f"{notebook} is not a notebook: {error}") from error
    else:
        nb = copy.deepcopy(notebook)
    nb = nbformat.v4.upgrade(nb)
    nb.metadata.setdefault("papermill", NotebookNode())
    for cell in nb.cells:
        cell.metadata.setdefault("tags", [])
        cell.metadata.setdefault("papermill", NotebookNode())
    return papermill.remove_error_markers(nb)


def prepare(
    nb: NotebookNode, parameters: Mapping[str, Any], kernel_name: str | None
) -> NotebookNode:
    """``nb`` with its kernel named and ``parameters`` injected.

    Raises:
        NotebookError: a parameter's name is not one, or its value has no form in the language.
    """
    spec = nb.metadata.setdefault("kernelspec", NotebookNode())
    if kernel_name and spec.get("name") != kernel_name:
        spec.clear()
        spec["name"] = spec["display_name"] = kernel_name
    name = spec.setdefault("name", "python3")
    spec.setdefault("display_name", name)
    language = (
        spec.get("language") or nb.metadata.get("language_info", {}).get("name") or _language(name)
    )
    for parameter in parameters:
        if not NAME.match(parameter) or keyword.iskeyword(parameter):
            raise NotebookError(
                f"parameter name {parameter!r} is not an identifier (letters, digits and _)"
            )
    if not parameters:
        return nb
    try:
        return papermill.parameterize_notebook(
            nb, dict(parameters), kernel_name=name, language=language
        )
    except Exception as error:
        raise NotebookError(
            f"parameters cannot be set in a {language} notebook: {error}"
        ) from error


def _language(kernel_name: str) -> str:
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        return str(KernelSpecManager().get_kernel_spec(kernel_name).language)
    except NoSuchKernel:
        return "python"  # Kernel names it when it does not find it
