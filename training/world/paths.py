"""Where the toy world's files live."""

import os
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]


def data_folder() -> Path:
    """Folder of rendered data and checkpoints: $FLIPBOOK_DATA or training/data."""
    return Path(os.environ.get("FLIPBOOK_DATA", _ROOT / "training" / "data"))


def render_folder() -> Path:
    """Folder that the renderer writes atlas.json and plates.json to, or a world packed there."""
    folder = data_folder() / "render"
    packed = folder.with_suffix(".pack")
    return packed if packed.is_file() and not folder.exists() else folder
