"""Keeps drawn tokens in files, so that an interrupted evaluation goes on where it stopped and a
finished one can be scored again by another evaluator."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np


class DrawnClips:
    """Token arrays by what they depend on: package, settings, prompts, rounds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, what: dict[str, Any], draw: Callable[[], np.ndarray]) -> np.ndarray:
        """The tokens of `what` (plain values), drawn now if they never were."""
        text = json.dumps(what, sort_keys=True, ensure_ascii=False)
        path = self.folder / f"{hashlib.sha256(text.encode()).hexdigest()[:24]}.npy"
        if path.exists():
            return np.load(path)
        tokens = draw()
        self.folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        with unfinished.open("wb") as file:
            np.save(file, tokens)
        os.replace(unfinished, path)
        return tokens
