"""Running notebooks: kernels that start in milliseconds, and an engine that tells the truth.

``execute.execute`` runs one notebook to its end and says how it ended. ``forkserver`` is a process
with the usual libraries imported that forks job runners and kernels. Everything here falls back to
a stock kernel where forking is not possible (another interpreter, another system, a process with
threads), and a notebook gives the same outputs either way.
"""
