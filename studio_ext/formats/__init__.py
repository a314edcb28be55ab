"""Data formats of training channels and of inference requests.

A leaf: it imports nothing of ours, so that a notebook or a bare Python process can use it alone.
"""
