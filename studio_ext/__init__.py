"""Studio: SageMaker on your own Jupyter."""

__version__ = "0.1.0"
