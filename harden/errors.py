"""The exceptions that end a run: wrong usage, profile or configuration.

Bad *input* is never an exception: it is a `harden.model.report.Problem` of that file, and the other
files go on.
"""

from __future__ import annotations


class HardenError(Exception):
    """A usage, profile or configuration error; its text says what, where, and what to do."""

    #: The exit code of the run.
    code = 2
