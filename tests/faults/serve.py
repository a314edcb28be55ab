"""The daemon, with a fork server that starts fast: it preloads kernels and no data libraries."""

import functools
import sys

from studio_ext import daemon
from studio_ext.kernels.forks import ForkServers
from studio_ext.kernels.preload import ENGINE, KERNEL

daemon.ForkServers = functools.partial(  # type: ignore[assignment,misc]
    ForkServers, usual=False
)
daemon.MODULES = (*KERNEL, *ENGINE, "studio_ext.runs.runner")  # type: ignore[assignment]

if __name__ == "__main__":
    sys.exit(daemon.main())
