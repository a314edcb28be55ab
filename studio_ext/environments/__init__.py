"""Python environments of pinned packages, made once by uv and shared by the jobs that need them."""
