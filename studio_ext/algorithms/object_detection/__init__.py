"""Object Detection: a single-shot detector of boxes and their classes (``object-detection``)."""
