"""Adds the options that the golden tests know."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="rewrite the expected files under golden/ from what harden does now; read the diff before you commit it",
    )
