"""One attempt of a job: a folder, a runner process in it, and the files by which they talk."""
