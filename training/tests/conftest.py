"""What holds for every test of the training code."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test finds, or goes on from, what was trained on this machine."""
    monkeypatch.setenv("FLIPBOOK_DATA", str(tmp_path / "data"))
