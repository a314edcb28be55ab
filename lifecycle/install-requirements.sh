#!/usr/bin/env bash
# Lifecycle configuration, on start: install what ~/requirements.txt (or $1) names.
#
# SageMaker gives such a script five minutes and 16,384 characters; pip's cache makes every start
# but the first one quick. Without the file there is nothing to do, and that is no failure.
set -euo pipefail

requirements="${1:-$HOME/requirements.txt}"
if [ ! -f "$requirements" ]; then
  echo "nothing to install: $requirements is not there"
  exit 0
fi
python -m pip install --quiet --disable-pip-version-check --requirement "$requirements"
echo "installed what $requirements names"
