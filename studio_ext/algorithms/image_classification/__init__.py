"""Image Classification: residual networks for one label or several (``image-classification``)."""
