"""Semantic Segmentation: the class of every pixel (``semantic-segmentation``)."""
