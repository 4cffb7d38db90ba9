"""Reading the files of a set of golden vectors: arrays by name, and the model's settings."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

CONFIG_KEY = "__config_json__"
"""An array of UTF-8 bytes inside every weight file, the model's entry of config.json."""


@dataclass(frozen=True)
class GoldenFile:
    """One .npz file: its arrays without the settings, and the settings ({} where it has none)."""

    path: Path
    arrays: dict[str, np.ndarray]
    config: dict[str, Any]

    def __getitem__(self, name: str) -> np.ndarray:
        """The array `name`; a KeyError that names the file where it is missing."""
        if name not in self.arrays:
            raise KeyError(f"{self.path} has no array {name}")
        return self.arrays[name]

    def __contains__(self, name: str) -> bool:
        return name in self.arrays

    def split(self, prefix: str) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Arrays whose name starts with `prefix` (without it), and all others."""
        inside = {k[len(prefix) :]: v for k, v in self.arrays.items() if k.startswith(prefix)}
        others = {k: v for k, v in self.arrays.items() if not k.startswith(prefix)}
        return inside, others


def read_golden(path: Path) -> GoldenFile:
    """Reads the whole file (nothing in it is executed: pickled arrays are refused).

    FileNotFoundError where it is missing, ValueError where it is no .npz of plain arrays.
    """
    if not path.is_file():
        raise FileNotFoundError(f"There is no {path}: is this a folder of golden vectors?")
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is not a whole .npz of plain arrays: {error}") from error
    text = arrays.pop(CONFIG_KEY, None)
    config = {} if text is None else json.loads(text.tobytes().decode("utf-8"))
    return GoldenFile(path, arrays, config)
