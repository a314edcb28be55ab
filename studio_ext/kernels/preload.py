"""What a fork server imports before its first fork.

Names that are not installed are skipped. The list was read from ``sys.modules`` after real jobs:
what a kernel and an engine import on their way, and what the usual libraries import lazily.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import sys
from collections.abc import Iterable

from studio_ext.algorithms import preload as algorithms

KERNEL = """
ipykernel.kernelapp ipykernel.ipkernel ipykernel.zmqshell ipykernel.displayhook ipykernel.debugger
ipykernel.comm ipykernel.iostream ipykernel.heartbeat ipykernel.control ipykernel.shellchannel
ipykernel.subshell ipykernel.subshell_manager ipykernel.parentpoller IPython
IPython.core.completer IPython.core.completerlib IPython.core.debugger IPython.core.oinspect
IPython.core.historyapp IPython.core.logger IPython.core.magics IPython.core.pylabtools
IPython.core.ultratb IPython.core.tbtools IPython.core.doctb IPython.core.async_helpers
IPython.extensions.storemagic IPython.core.display_functions IPython.utils.capture
IPython.lib.pretty IPython.core.interactiveshell IPython.terminal.interactiveshell comm
faulthandler pdb pty sqlite3 jedi stack_data executing asttokens pure_eval
pygments.formatters.terminal256 pygments.formatters.terminal pygments.lexers.python
pygments.styles.default asyncio concurrent.futures.thread
tornado.platform.asyncio tornado.ioloop tornado.queues zmq.asyncio zmq.eventloop.zmqstream
multiprocessing multiprocessing.resource_tracker subprocess platformdirs timeit cProfile
""".split()  # noqa: SIM905

ENGINE = """
studio_ext.kernels.execute studio_ext.kernels.direct studio_ext.kernels.shell
studio_ext.kernels.provisioner jupyter_client.asynchronous jupyter_client.provisioning
jupyter_client.manager jupyter_client.kernelspec nbformat.v4 nbformat.corpus.words fastjsonschema
nbclient.client nbclient.output_widget dateutil.parser dateutil.tz
""".split()  # noqa: SIM905

LIBRARIES = """
numpy numpy.random pandas sklearn sklearn.datasets sklearn.datasets.data sklearn.datasets.descr
sklearn.ensemble sklearn.linear_model sklearn.metrics sklearn.model_selection sklearn.pipeline
sklearn.preprocessing sklearn.cluster sklearn.decomposition matplotlib matplotlib.pyplot
matplotlib.backends.backend_agg matplotlib.figure scipy scipy.sparse scipy.stats scipy.special
xgboost xgboost.sklearn threadpoolctl joblib joblib.externals.loky narwhals.stable.v2
narwhals._pandas_like.dataframe narwhals._pandas_like.namespace narwhals._interchange.dataframe
importlib.resources.readers importlib.readers statistics csv json tarfile zipfile gzip uuid boto3
botocore.session botocore.httpsession
""".split()  # noqa: SIM905


def preload(extra: Iterable[str] = (), *, usual: bool = True) -> dict[str, str]:
    """Import the usual modules and ``extra``, quietly; returns what could not be, and why."""
    failed: dict[str, str] = {}
    for name in [*([*KERNEL, *ENGINE, *LIBRARIES] if usual else ()), *extra]:
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                importlib.import_module(name)
        except Exception as error:
            failed[name] = f"{type(error).__name__}: {error}"
    for step in (algorithms.warm, _rehearse_notebook, _rehearse_kernel) if usual else ():
        try:
            step()
        except Exception as error:
            failed[step.__qualname__] = f"{type(error).__name__}: {error}"
    for name in [name for name in sys.modules if name.startswith("matplotlib_inline")]:
        del sys.modules[name]  # it ties itself to the shell when it is imported: in each child
    return failed


def _rehearse_notebook() -> None:
    """Compile the notebook schema, list the kernels and their provisioners, find the patterns."""
    import dateutil.parser  # type: ignore[import-untyped]
    import nbformat
    from jupyter_client.kernelspec import KernelSpecManager

    from studio_ext.kernels.execute import load, prepare

    cells = [nbformat.v4.new_code_cell("a = 1", metadata={"tags": ["parameters"]})]
    nb = nbformat.reads(nbformat.v4.writes(nbformat.v4.new_notebook(cells=cells)), as_version=4)
    nbformat.v4.writes_json(prepare(load(nb), {"a": 2}, "python3"))
    dateutil.parser.parse("2020-01-01T00:00:00.000000+00:00")
    with contextlib.suppress(Exception):
        KernelSpecManager().get_kernel_spec("python3")


def _rehearse_kernel() -> None:
    """Parse a kernel's command line: argparse and traitlets keep what they compile."""
    from ipykernel.kernelapp import IPKernelApp

    IPKernelApp(parent_handle=1).parse_command_line(["-f", "k.json", "--Session.key=b''"])
