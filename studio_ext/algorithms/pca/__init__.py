"""Principal component analysis, exact or randomized (``pca``)."""
