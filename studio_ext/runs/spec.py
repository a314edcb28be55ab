"""What a runner is told: one JSON file in the attempt's folder, written before it starts."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..files import read_json, write_json

FILE = "run.json"
CONSOLES = "kernels"


@dataclass(frozen=True, slots=True)
class Script:
    """A script that the notebook runs, and where.

    Attributes:
        source: the ``s3://`` URI of the archive that it comes in.
        environment: what its environment holds, as ``environments.spec.Spec.plain`` says it.
        environments: the folder of the environments.
        notices: lines for the log.
    """

    source: str
    environment: dict[str, Any]
    environments: str
    notices: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Spec:
    """An attempt, as the runner needs to know it. Secrets travel in the environment instead.

    Attributes:
        job: what people call it, ``TrainingJob/digits``.
        token: the attempt's fencing token.
        notebook: an ``s3://`` URI or a path.
        parameters: injected into the notebook by name.
        hyperparameters: texts that become parameters of the types the notebook gives them.
        channels: InputDataConfig as on the wire.
        config: files for ``input/config``, by name without ``.json``.
        metrics: MetricDefinitions: ``Name`` and ``Regex`` with one group.
        engine: ``auto``, ``stock``, ``fork`` or ``inprocess``.
        kernel: the kernel's name, the notebook's own when None.
        max_runtime: seconds.
        grace: seconds between asking to stop and killing.
        bell: where to ring when something happened.
        objects: how to reach the bucket: ``{"root": folder}`` or ``{"endpoint": url}``.
        script: of the user's, that the notebook runs; None when the notebook is all.
        checkpoints: the S3 URI that the checkpoint folder is restored from and saved to.
    """

    job: str
    token: int
    notebook: str
    bell: str
    objects: dict[str, str]
    parameters: dict[str, Any] = field(default_factory=dict)
    hyperparameters: dict[str, str] | None = None
    channels: list[dict[str, Any]] = field(default_factory=list)
    config: dict[str, Any] = field(default_factory=dict)
    metrics: list[dict[str, str]] = field(default_factory=list)
    engine: str = "auto"
    kernel: str | None = None
    max_runtime: float = 86_400
    grace: float = 120
    checkpoints: str | None = None
    script: Script | None = None

    @property
    def sockets(self) -> Path:
        """The attempt's own folder for sockets, beside the bell: their paths must be short."""
        return Path(self.bell).with_name(f"run-{self.token}")

    @property
    def console(self) -> Path:
        """Where the connection file of the job's kernel is while it runs, for those who attach."""
        return Path(self.bell).with_name(CONSOLES) / f"{self.token}.json"

    def write(self, directory: Path) -> None:
        write_json(directory / FILE, asdict(self), mode=0o600)

    @classmethod
    def read(cls, directory: Path) -> Spec:
        """Raises FileNotFoundError when the folder was not prepared to its end."""
        found = read_json(directory / FILE)
        if found is None:
            raise FileNotFoundError(f"{directory / FILE} is missing")
        script = found.pop("script", None)
        return cls(**found, script=script and Script(**script))
