"""Versions of training clips as stage 1 draws them (made by training.ranker.redraw)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from training.presets import data_folder


@dataclass(frozen=True)
class Redrawn:
    """Other versions of some of the ranker's training clips."""

    tokens: np.ndarray  # uint16 [N, 5, C]
    clips: np.ndarray  # int64 [N] which training clip each is a version of

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, tokens=self.tokens, clips=self.clips)

    @staticmethod
    def load(path: Path) -> Redrawn:
        with np.load(path) as file:
            return Redrawn(file["tokens"], file["clips"])

    def mixed_into(self, tokens: np.ndarray, clips: np.ndarray, rng: np.random.Generator
                   ) -> np.ndarray:  # fmt: skip
        """A copy of the training clips `clips` [B], tokens int64 [B, 5, C]: of those that were
        redrawn, a random share of the cells is."""
        mixed = tokens.copy()
        for row, clip in zip(mixed, clips.tolist(), strict=True):
            version = self._versions.get(clip)
            if version is not None:
                taken = rng.random(row.shape) < rng.random()
                row[taken] = self.tokens[version][taken]
        return mixed

    @cached_property
    def _versions(self) -> dict[int, int]:
        return {clip: version for version, clip in enumerate(self.clips.tolist())}


def redrawn_file(preset: str) -> Path:
    return data_folder(preset) / "ranker" / "redrawn.npz"
