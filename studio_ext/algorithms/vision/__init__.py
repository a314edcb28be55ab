"""What the image algorithms share: samples, networks, the training loop, pictures."""
