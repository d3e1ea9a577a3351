#!/bin/sh
# The short form of `make soak`: some seconds of everything at once.
exec env SOAK_SECONDS=6 SOAK_MEMORY=no tests/soak/soak.py
