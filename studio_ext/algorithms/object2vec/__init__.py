"""Object2Vec: embeddings of objects, from pairs of them and how they relate (``object2vec``)."""
