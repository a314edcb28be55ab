"""Latent Dirichlet allocation: the topics of documents (``lda``)."""
