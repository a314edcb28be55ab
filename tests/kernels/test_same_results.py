"""A notebook gives the same outputs whichever engine ran it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from .conftest import ENGINES, Ran

# name -> source; the outputs of each are compared with the stock kernel's.
CELLS: dict[str, Any] = {
    "parameters": {"source": "n = 1", "tags": ["parameters"]},
    "print": "print('a'); print('b', end=''); print('c')",
    "result": "n * 2",
    "long result": "list(range(2000))",
    "semicolon": "n * 2;",
    "underscore": "[_, _3 if False else None]",
    "stderr": "import sys; print('to stderr', file=sys.stderr)",
    "display": "from IPython.display import display, HTML, Markdown; display(HTML('<b>x</b>')); n",
    "order": "print('one'); display(HTML('two')); print('three'); display(4)",
    "update": "h = display(1, display_id=True); print('between'); h.update(2)",
    "update later": "h.update('from another cell')",
    "clear": (
        "from IPython.display import clear_output\nprint('gone'); clear_output(); print('kept')"
    ),
    "clear wait": "print('gone'); clear_output(wait=True); print('kept')",
    "frame": "import pandas as pd; pd.DataFrame({'a': [1, 2], 'b': ['x', 'y']})",
    "array": "import numpy as np; np.arange(12).reshape(3, 4)",
    "figure": "import matplotlib.pyplot as plt\nplt.plot([1, 2, 3]); print('drawn')",
    "figure shown": "plt.plot([3, 2, 1]); plt.show(); print('after')",
    "figure object": "fig, ax = plt.subplots(); fig",
    "magic inline": "%matplotlib inline\nplt.bar([1, 2], [3, 4]);",
    "error": {"source": "def f(x):\n    return 1 / x\nf(0)", "tags": ["raises-exception"]},
    "chained": {
        "source": "try:\n    {}['k']\nexcept KeyError as e:\n    raise ValueError('v') from e",
        "tags": ["raises-exception"],
    },
    "syntax": {"source": "a = = 1", "tags": ["raises-exception"]},
    "bad repr": {
        "source": "class B:\n    def __repr__(self): raise RuntimeError('no')\nB()",
        "tags": ["raises-exception"],
    },
    "raised system exit": {"source": "raise SystemExit(4)", "tags": ["raises-exception"]},
    "input": {"source": "input('name? ')", "tags": ["raises-exception"]},
    "getpass": {"source": "import getpass; getpass.getpass()", "tags": ["raises-exception"]},
    "await": "import asyncio\nawait asyncio.sleep(0.01); 'awaited'",
    "await function": "async def g():\n    await asyncio.sleep(0)\n    return 5\nawait g()",
    "descriptor": "import os; os.write(1, b'raw\\n'); None",
    "shell": "!echo from shell",
    "shell value": "x = !echo value\nx",
    "os.system": "os.system('echo sub; echo err >&2'); None",
    "subprocess": "import subprocess; subprocess.run(['echo', 'run']).returncode",
    "bytes": "sys.stdout.flush(); sys.stdout.write('written\\n'); None",
    "identity": "print(sys.executable, os.path.basename(sys.argv[0]), __name__, os.getcwd()[-8:])",
    "main": "sys.modules['__main__'].__dict__ is globals(), __name__ in sys.modules",
    "shell object": "ip = get_ipython(); 'ZMQ' in str(type(ip).__mro__), ip.execution_count",
    "path": "sys.path[0], os.getpgid(0) == os.getpid(), os.getsid(0) == os.getpid()",
    "sigterm": "import signal; signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGPIPE)",
    "interruptible": "signal.getsignal(signal.SIGINT) is signal.default_int_handler",
    "umask": "m = os.umask(0); os.umask(m); m",
    "open files": "len(os.listdir('/proc/self/fd')) < 80",
    "stdin": "sys.stdin.read() if False else os.read(0, 1)",
    "environment": "[os.environ.get(n) for n in ('MPLBACKEND', 'JOB_VARIABLE', 'TERM', 'PAGER')]",
    "time zone": "import time; time.strftime('%Z', time.gmtime(0)), time.tzname[0]",
    "fork pool": (
        "import multiprocessing as mp\n"
        "with mp.get_context('fork').Pool(2) as pool: print(pool.map(abs, [-1, -2]))"
    ),
    "spawn pool": "with mp.get_context('spawn').Pool(1) as pool: print(pool.map(abs, [-3]))",
    "forked print": (
        "pid = os.fork()\n"
        "if pid == 0:\n    os.write(1, b'child\\n'); os._exit(0)\n"
        "os.waitpid(pid, 0)[1]"
    ),
    "thread": (
        "import threading; t = threading.Thread(target=print, args=('in thread',));"
        " t.start(); t.join()"
    ),
    "logging": "import logging; logging.warning('logged')",
    "warning": "import warnings; warnings.warn('beware')",
    "magics": "%%time\nq = 1",
    "capture": "%%capture out\nprint('hidden')",
    "captured": "out.stdout",
    "bash": "%%bash\necho bash",
    "history": "len(In), 3 in Out, In[3]",
    "widget": "import ipywidgets; s = ipywidgets.IntSlider(value=3); s.value = 7; s",
    "rich repr": (
        "class R:\n    def _repr_html_(self): return '<i>r</i>'\n"
        "    def _repr_mimebundle_(self, **k): return {'text/plain': 'p', 'text/x': 'y'}\nR()"
    ),
    "markdown": {"source": "# A title", "markdown": True},
    "empty": "",
    "docstring": "?len",
    "unicode": "print('é ∑ 🙂')",
    "tempdir": "import tempfile; os.path.dirname(tempfile.mkdtemp())",
    "reduce": "import pickle; pickle.loads(pickle.dumps(1 + 2j))",
    "last": "print(n)",
}
NAMES = list(CELLS)
FROM_DESCRIPTORS = {"descriptor", "os.system", "subprocess", "forked print", "bash"}
FRAMES_OF_THE_KERNEL = {"input", "getpass"}  # the traceback shows where it is refused


@pytest.fixture(scope="module")
def ran(run: Callable[..., Ran], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ran]:
    return {
        engine: run(
            tmp_path_factory.mktemp("job") / "notebook",
            *CELLS.values(),
            engine=engine,
            parameters={"n": 21},
            env={"JOB_VARIABLE": "job", "TZ": "Asia/Tokyo"},
        )
        for engine in ENGINES
    }


def outputs(ran: Ran, name: str) -> Any:
    """Outputs of a cell without what differs from run to run, or by design."""
    injected = 1  # papermill adds a cell after the first
    index = NAMES.index(name) + (injected if name != "parameters" else 0)
    found: list[dict[str, Any]] = []
    for output in map(dict, ran.nb.cells[index].get("outputs", [])):
        last = found[-1] if found else {}
        if output["output_type"] == "stream" and last.get("name") == output["name"]:
            last["text"] += output["text"]
            continue
        if name in FRAMES_OF_THE_KERNEL:
            output["traceback"] = output["traceback"][:3]
        found.append(output)
    if name in FROM_DESCRIPTORS:  # they come when they come
        found.sort(key=lambda output: (output["output_type"], output.get("name", "")))
    return _clean(found)


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: "png" if key == "image/png" else _clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, str):
        value = re.sub(r"0x[0-9a-f]+", "0x", value)
        value = re.sub(r"ipykernel_\d+/\d+\.py", "cell.py", value)
        value = re.sub(r"[0-9.]+(?:e[+-][0-9]+)? ([µμu]s|ms|s|ns)\b", "T", value)
        return re.sub(r"\b[0-9a-f]{32}\b", "id", value)
    return value


@pytest.mark.parametrize("engine", ENGINES)
def test_it_completes(ran: dict[str, Ran], engine: str) -> None:
    outcome = ran[engine].outcome
    assert (outcome["state"], outcome["engine"]) == ("completed", engine), outcome
    assert ran[engine].leftovers == []
    code = [c for c in ran[engine].nb.cells if c.cell_type == "code" and c.source]
    assert [e for e in ran[engine].events if e[0] == "started"] == [["started", len(code)]]
    assert set(ran[engine].statuses) == {"completed"}
    assert ran[engine].nb.metadata.language_info.name == "python"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("engine", ["fork", "inprocess"])
def test_same_outputs(ran: dict[str, Ran], engine: str, name: str) -> None:
    assert outputs(ran[engine], name) == outputs(ran["stock"], name)


def test_the_stock_kernel_shows_something(ran: dict[str, Ran]) -> None:
    """The comparison above compares something."""
    silent = {
        "parameters",
        "semicolon",
        "capture",
        "markdown",
        "empty",
        "docstring",
        "update later",
    }
    assert {name for name in NAMES if not outputs(ran["stock"], name)} == silent
    assert "image/png" in str(outputs(ran["stock"], "figure"))


@pytest.mark.parametrize("engine", ENGINES)
def test_widget_state_is_saved(ran: dict[str, Ran], engine: str) -> None:
    state = ran[engine].nb.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    values = [w["state"]["value"] for w in state.values() if w["model_name"] == "IntSliderModel"]
    assert values == [7]


@pytest.mark.parametrize("engine", ENGINES)
def test_execution_counts_are_the_same(ran: dict[str, Ran], engine: str) -> None:
    counts = [c.get("execution_count") for c in ran[engine].nb.cells]
    assert counts == [c.get("execution_count") for c in ran["stock"].nb.cells]
