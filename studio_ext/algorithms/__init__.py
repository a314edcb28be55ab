"""SageMaker's built-in algorithms: hyperparameters, train, save, load, predict.

A leaf: it imports nothing of ours but ``formats``, so that a notebook or a bare Python process can
use it alone. ``catalogue`` and everything it imports is cheap; numerical libraries are imported by
the ``training`` and ``serving`` modules of an algorithm only.
"""
