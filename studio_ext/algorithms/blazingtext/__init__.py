"""BlazingText: word vectors, and classification of sentences, by fastText (``blazingtext``)."""
