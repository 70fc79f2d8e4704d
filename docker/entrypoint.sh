#!/bin/sh
# Waits for the database, then becomes a command of main.py: serve, migrate, create-admin, doctor…
set -eu
cd /app
export PYTHONPATH=/app
python docker/wait.py
exec python main.py "$@"
