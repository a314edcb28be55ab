"""k-nearest neighbours: an index of sampled points that answers by its closest ones (``knn``)."""
