"""What a fork server should have imported before it forks an algorithm's kernel.

Importing these, and drawing one picture, is most of what a small training job would otherwise
wait for. None of them starts a thread, provided that the process began with the variables in
``ENVIRONMENT``: OpenBLAS starts threads when NumPy is imported, and pyarrow's allocator one
when pandas imports pyarrow.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping

ENVIRONMENT: Mapping[str, str] = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}

MODULES: tuple[str, ...] = (
    "numpy",
    "pandas",
    "scipy.sparse",
    "xgboost",
    "matplotlib.figure",
    "matplotlib.backends.backend_agg",
    "PIL.PngImagePlugin",
    "sklearn.cluster",
    "krcf",
    "threadpoolctl",
    "studio_ext.algorithms.kmeans.pictures",
    "studio_ext.algorithms.lda.pictures",
    "studio_ext.algorithms.blazingtext.evaluation",
    "studio_ext.algorithms.factorization_machines.evaluation",
    "studio_ext.algorithms.knn.evaluation",
    "studio_ext.algorithms.linear_learner.evaluation",
    "studio_ext.algorithms.linear_learner.training",
    "studio_ext.algorithms.pca.pictures",
    "studio_ext.algorithms.pictures",
    "studio_ext.algorithms.random_cut_forest.pictures",
    "studio_ext.algorithms.xgboost.evaluation",
    "studio_ext.algorithms.xgboost.folds",
    "studio_ext.algorithms.xgboost.training",
)


def warm() -> None:
    """Import the modules, then draw a picture so that fonts are found and caches filled."""
    for name in MODULES:
        importlib.import_module(name)
    from studio_ext.algorithms.pictures import learning_curves

    learning_curves({"train": {"loss": [1.0, 0.5]}})
