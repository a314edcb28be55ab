"""The daemon, with a fork server that starts fast and, if asked, a clock that jumps.

The fork server preloads what kernels need and no data libraries. ``STUDIO_FAULTS_CLOCK`` names a
file with the seconds by which this process's clock is wrong.
"""

import functools
import os
import sys
import time
from pathlib import Path

if clock := os.environ.pop("STUDIO_FAULTS_CLOCK", ""):
    real = time.time
    time.time = lambda: real() + float(Path(clock).read_text() or 0)

from studio_ext import daemon
from studio_ext.kernels.forks import ForkServers
from studio_ext.kernels.preload import ENGINE, KERNEL

daemon.ForkServers = functools.partial(ForkServers, usual=False)  # type: ignore[misc,assignment]
daemon.MODULES = (*KERNEL, *ENGINE, "studio_ext.runs.runner")

if __name__ == "__main__":
    sys.exit(daemon.main())
