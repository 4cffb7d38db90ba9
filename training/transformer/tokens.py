"""Token sets: clips as picture tokens with the scenes they show, kept in one npz file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from training.presets import data_folder
from training.transformer.config import Kind, Stage
from training.world.scene import Scene

KIND_OF_STAGE: dict[Stage, Kind] = {"keyframes": "key", "interpolation": "interpolation"}


@dataclass(frozen=True)
class TokenSet:
    """N clips of five frames. Captions are not stored: they are drawn anew for every epoch."""

    tokens: np.ndarray  # uint16 [N, 5, C]
    scenes: list[Scene]
    durations: list[str]  # duration text of each clip

    def __len__(self) -> int:
        return len(self.tokens)

    def first(self, count: int) -> TokenSet:
        """The first `count` clips; ValueError when there are fewer."""
        if count > len(self):
            raise ValueError(
                f"{count} clips are wanted and the token set has {len(self)}: build more with "
                "training.transformer.token_data --clips"
            )
        return TokenSet(self.tokens[:count], self.scenes[:count], self.durations[:count])

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        scenes = np.array([json.dumps(asdict(scene)) for scene in self.scenes])
        unfinished = path.with_suffix(".part.npz")
        np.savez(unfinished, tokens=self.tokens, scenes=scenes, durations=np.array(self.durations))
        unfinished.replace(path)

    @staticmethod
    def load(path: Path) -> TokenSet:
        """Reads the whole set into memory."""
        if not path.exists():
            raise FileNotFoundError(
                f"There are no tokens {path}: run python -m training.transformer.token_data first."
            )
        with np.load(path) as file:
            scenes = [Scene(**json.loads(text)) for text in file["scenes"].tolist()]
            return TokenSet(file["tokens"], scenes, file["durations"].tolist())


Split = Literal["train", "validation", "heldout", "guests", "medleys", "front-views"]


def token_file(preset: str, kind: Kind, split: Split) -> Path:
    return data_folder(preset) / "tokens" / f"{kind}-{split}.npz"


def join(parts: list[TokenSet]) -> TokenSet:
    """All clips of several sets, in order."""
    return TokenSet(
        np.concatenate([part.tokens for part in parts]),
        [scene for part in parts for scene in part.scenes],
        [text for part in parts for text in part.durations],
    )
