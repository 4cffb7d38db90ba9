"""Where the toy world's files live."""

import os
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]


def data_folder() -> Path:
    """Folder of rendered data and checkpoints: $FLIPBOOK_DATA or training/data."""
    return Path(os.environ.get("FLIPBOOK_DATA", _ROOT / "training" / "data"))


def render_folder() -> Path:
    """Folder that the renderer writes atlas.json and plates.json to."""
    return data_folder() / "render"
