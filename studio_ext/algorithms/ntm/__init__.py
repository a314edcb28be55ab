"""Neural Topic Model: topics of documents, by a variational autoencoder (``ntm``)."""
