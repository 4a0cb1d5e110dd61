"""The options of the commands, in a module for each heading of the help; each is declared once as typer takes it."""

# No `from __future__ import annotations` in these modules and in application/: typer would evaluate each one at every
# start.
