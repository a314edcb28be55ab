"""K-means: many centres from a stream of mini-batches, reduced to k (``kmeans``)."""
