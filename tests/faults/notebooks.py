"""Jobs as notebooks of the standard library, which say in a file of the test what they did."""

from __future__ import annotations

import nbformat
from nbformat import NotebookNode, v4

# `note` appends a word to the witness: one line for each time that a cell really ran.
PRELUDE = """
import os, pathlib, signal, subprocess, sys, time
def note(word):
    with open(witness, "a") as file:
        file.write(word + "\\n")
note("started")
pathlib.Path("output/data").mkdir(parents=True, exist_ok=True)
pathlib.Path("output/data/result.txt").write_text("half")
pathlib.Path("model/weights.bin").write_bytes(b"w" * 100_000)
"""

STEADY = ["print('loss=0.5')\ntime.sleep(pause)", "note('finished')"]

JOBS: dict[str, list[str]] = {
    "steady": STEADY,
    "chatty": ["for n in range(40):\n    print('line', n, flush=True)\n    time.sleep(pause / 40)",
               "note('finished')"],
    "failing": ["time.sleep(pause / 4)\nraise ValueError('no such luck')", "note('finished')"],
    "endless": ["note('waiting')\ntime.sleep(600)", "note('finished')"],
    "parting": [
        "note('waiting')\n"
        "try:\n    time.sleep(600)\n"
        "except KeyboardInterrupt:\n"
        "    pathlib.Path('model/weights.bin').write_bytes(b'parting')\n    raise",
        "note('finished')",
    ],
    "heedful": [
        "def leave(*_):\n"
        "    pathlib.Path('model/weights.bin').write_bytes(b'parting')\n    raise SystemExit(0)\n"
        "signal.signal(signal.SIGTERM, leave)\n"
        "note('waiting')\ntime.sleep(600)",
        "note('finished')",
    ],
    "stubborn": [
        "for number in (signal.SIGTERM, signal.SIGINT):\n"
        "    signal.signal(number, signal.SIG_IGN)\n"
        "note('waiting')\n"
        "while True:\n"
        "    try:\n        time.sleep(600)\n    except BaseException:\n        pass",
        "note('finished')",
    ],
    # Children that leave the family: a session of their own, no parent, another environment.
    "fertile": [
        "loop = [sys.executable, '-Sc', 'import signal, time; '"
        " 'signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)']\n"
        "subprocess.Popen(loop, start_new_session=True)\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "    if os.fork() == 0:\n"
        "        time.sleep(600)\n"
        "    os._exit(0)\n"
        "note('waiting')\ntime.sleep(pause)",
        "note('finished')",
    ],
    "hungry": [
        "import resource\nresource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))\n"
        "heap = [bytearray(1 << 28) for _ in range(64)]",
        "note('finished')",
    ],
    "suicidal": ["os.kill(os.getpid(), signal.SIGKILL)", "note('finished')"],
    "full": [
        "with open('model/big.bin', 'wb') as file:\n"
        "    while True:\n        file.write(b'x' * (1 << 20))\n        file.flush()",
        "note('finished')",
    ],
}  # fmt: skip


def notebook(name: str) -> str:
    """The text of one of ``JOBS``."""
    parameters = v4.new_code_cell("witness = ''\npause = 0.0")
    parameters.metadata["tags"] = ["parameters"]
    cells = [parameters, *(v4.new_code_cell(source) for source in [PRELUDE, *JOBS[name]])]
    made: NotebookNode = v4.new_notebook(cells=cells)
    return str(nbformat.writes(made))
