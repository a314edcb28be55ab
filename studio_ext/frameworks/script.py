"""A script in its environment: shown, run with its output live, and judged by its exit code."""

from __future__ import annotations

import codecs
import contextlib
import json
import os
import selectors
import shlex
import subprocess
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from ..errors import StudioError
from .launch import Launch, variable
from .readings import Readings
from .results import Results

CHUNK = 1 << 16
LOOK = 0.2  # seconds between looking whether a silent script has ended
KEPT = 40  # lines of what it said last, for the failure
PATIENCE = 30.0  # seconds that an interrupted script may take to end
SHOWN = 400  # lines of the program
FAILURE = 900  # characters of its own words; a failure's reason has 1024

# They are Studio's interpreter's own.
LEFT_OUT = ("PYTHONHOME", "PYTHONSTARTUP", "VIRTUAL_ENV", "MPLBACKEND")


class ScriptFailed(StudioError):
    """The script ended with an exit code that is not 0; the message is its own."""


class Script:
    """The script of a job in script mode.

    Args:
        hyperparameters: as the request has them, the SDK's own among them.
        channels: name -> ``path``.
        python: the interpreter of the environment.
        source: the folder that the script's archive was unpacked into.
    """

    def __init__(
        self,
        hyperparameters: Mapping[str, str],
        channels: Mapping[str, Mapping[str, Any]],
        model_dir: str | Path,
        output_dir: str | Path,
        *,
        python: str | Path,
        source: str | Path,
    ) -> None:
        self.launch = Launch.of(hyperparameters, os.environ)
        self.source = Path(source).absolute()
        self.path = self.source / self.launch.program
        if not self.path.is_file():
            there = sorted(path.name for path in self.source.glob("*")) or ["nothing"]
            raise ScriptFailed(
                f"{self.launch.program} is not in the source, which holds {', '.join(there)}"
            )
        self._python = Path(python)
        self._model, self._output = Path(model_dir).absolute(), Path(output_dir).absolute()
        self._channels = {name: Path(each["path"]).absolute() for name, each in channels.items()}

    @property
    def command(self) -> list[str]:
        """What is run, in the source's folder."""
        shell = self.path.suffix == ".sh"
        start = ["bash"] if shell else [str(self._python)]
        return [*start, self.launch.program, *self.launch.arguments]

    def variables(self) -> dict[str, str]:
        """The whole environment of the script."""
        found = {
            name: value
            for name, value in os.environ.items()
            if name not in LEFT_OUT and not name.startswith("SM_HP_")
        }
        found |= self.launch.variables()
        found |= {
            "SM_MODEL_DIR": str(self._model),
            "SM_OUTPUT_DATA_DIR": str(self._output),
            "SM_CHANNELS": json.dumps(sorted(self._channels)),
            **{f"SM_CHANNEL_{variable(n)}": str(path) for n, path in self._channels.items()},
            "PYTHONUNBUFFERED": "1",
            "PYTHONNOUSERSITE": "1",
            "PYTHONPATH": _joined(str(self.source), os.environ.get("PYTHONPATH")),
            "PATH": _joined(str(self._python.parent), os.environ.get("PATH")),
        }
        found.setdefault("OMP_NUM_THREADS", os.environ.get("SM_NUM_CPUS", "1"))
        return found

    def listing(self) -> Listing:
        """The command, the program's text, and what lies beside it."""
        return Listing(self)

    def run(self, metrics: Sequence[Mapping[str, str]] = ()) -> Results:
        """Run it to its end.

        Args:
            metrics: how its log is read: ``Name`` and ``Regex``; what looks like metrics is
                taken when there are none.

        Raises:
            ScriptFailed: its own last words, and its exit code.
            KeyboardInterrupt: it was asked to stop, and has ended.
        """
        for folder in (self._model, self._output):
            folder.mkdir(parents=True, exist_ok=True)
        readings = Readings(metrics)
        process = subprocess.Popen(
            self.command,
            cwd=self.source,
            env=self.variables(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            errors = _follow(process, readings)
            code = process.wait()
        except BaseException:
            _end(process)
            raise
        if code != 0:
            raise self._failed(code, errors)
        return Results(readings)

    def _failed(self, code: int, errors: Sequence[str]) -> ScriptFailed:
        """The failure; its words are left in ``output/failure`` too, as the toolkit does."""
        ended = f"exit code {code}" if code > 0 else f"signal {-code}"
        said = "\n".join(errors).strip()[-FAILURE:]
        place = self._output.parent / "failure"
        if not place.exists():
            with contextlib.suppress(OSError):
                place.write_text(
                    f'ExecuteUserScriptError:\nExitCode {code}\nErrorMessage "{said}"\n'
                    f'Command "{shlex.join(self.command)}"\n'
                )
        last = said.splitlines()[-1] if said else "it said nothing"
        return ScriptFailed(f"{self.launch.program} ended with {ended}: {last}")


class Listing:
    """The program as a notebook shows it."""

    def __init__(self, script: Script) -> None:
        lines = script.path.read_text(encoding="utf-8", errors="replace").splitlines()
        self._language = "python" if script.path.suffix == ".py" else "sh"
        self._rest = max(0, len(lines) - SHOWN)
        self._text = "\n".join(lines[:SHOWN])
        self._command = shlex.join([Path(script.command[0]).name, *script.command[1:]])
        files = (path for path in sorted(script.source.rglob("*")) if path.is_file())
        names = [str(path.relative_to(script.source)) for path in files]
        self._beside = [name for name in names if name != script.launch.program]

    def __repr__(self) -> str:
        return f"{self._command}\n\n{self._text}"

    def _repr_markdown_(self) -> str:
        fence = "```"
        while fence in self._text:
            fence += "`"
        parts = [f"`{self._command}`", f"{fence}{self._language}\n{self._text}\n{fence}"]
        if self._rest:
            parts.append(f"… and {self._rest} more lines")
        if self._beside:
            parts.append("Beside it: " + ", ".join(f"`{name}`" for name in self._beside[:20]))
        return "\n\n".join(parts)


def _follow(process: subprocess.Popen[bytes], readings: Readings) -> Sequence[str]:
    """Hand on what the process prints as it comes; returns what it said last on stderr."""
    assert process.stdout is not None
    assert process.stderr is not None
    streams = [
        _Stream(process.stdout.fileno(), sys.stdout, readings),
        errors := _Stream(process.stderr.fileno(), sys.stderr, readings),
    ]
    with selectors.DefaultSelector() as selector, process.stdout, process.stderr:
        for stream in streams:
            selector.register(stream.source, selectors.EVENT_READ, stream)
        while selector.get_map():
            ended = process.poll() is not None
            ready = selector.select(0 if ended else LOOK)
            if ended and not ready:
                break  # what it left behind may keep its outputs open
            for key, _ in ready:
                if not key.data.pump():
                    selector.unregister(key.fd)
    return list(errors.last)


class _Stream:
    """One of the script's outputs."""

    def __init__(self, source: int, target: TextIO, readings: Readings) -> None:
        self.source, self._target, self._readings = source, target, readings
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self.last: deque[str] = deque(maxlen=KEPT)

    def pump(self) -> bool:
        """Take what is there; False at its end."""
        data = os.read(self.source, CHUNK)
        text = self._decoder.decode(data, final=not data)
        if text:
            self._target.write(text)
            self._target.flush()
        *lines, rest = (self._rest + text).split("\n")
        self._rest = rest[-CHUNK:]
        if not data:
            lines.append(self._rest)
        for line in lines:
            line = line.rstrip("\r").rpartition("\r")[2]  # a progress bar writes over itself
            if line:
                self.last.append(line)
                self._readings.take(line)
        return bool(data)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a script whose notebook is interrupted."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        process.wait(PATIENCE)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
        process.wait()


def _joined(first: str, rest: str | None) -> str:
    return os.pathsep.join([first, *filter(None, (rest or "").split(os.pathsep))])
