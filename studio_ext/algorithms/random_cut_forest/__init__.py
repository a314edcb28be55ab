"""Random Cut Forest: how little a row is like the others (``randomcutforest``)."""
