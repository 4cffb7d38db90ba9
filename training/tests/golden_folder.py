"""Where the golden vectors are, for tests that need them."""

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("FLIPBOOK_GOLDEN", Path(__file__).parents[2] / "../shared/golden/A"))

needs_golden = pytest.mark.skipif(
    not (FOLDER / "config.json").is_file(),
    reason=f"no golden vectors in {FOLDER}: set FLIPBOOK_GOLDEN to their folder",
)
"""Skips a test, and says why, where the golden vectors are not at hand."""
