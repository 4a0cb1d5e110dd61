"""Runs the command line for `python -m harden`."""

from __future__ import annotations

from harden.cli import program

program()
