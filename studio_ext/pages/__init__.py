"""What Studio's own pages in the browser ask of the daemon beside AWS's API."""
