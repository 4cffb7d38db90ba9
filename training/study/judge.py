"""What the evaluator sees in a row of clips, and the figures of the table that follow from it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.evaluation.accuracy import rightness
from training.evaluation.evaluator import Evaluator
from training.evaluation.labels import FIELDS, labels_of
from training.evaluation.metrics import frechet_distance, inception_score, joint_shares
from training.evaluation.rendered_clips import SCORED_RATE
from training.evaluation.stage_progress import completions
from training.evaluation.steadiness import background_flicker
from training.study.subworld import CLIP_FRAMES, master_clip
from training.vqvae.model import VQVAE
from training.vqvae.tokenize_frames import decode, encode
from training.world.atlas import World
from training.world.scene import MASTER_RATE, Scene

SCORED_EVERY = MASTER_RATE // SCORED_RATE  # frames of a master clip per scored frame
SCORED_FRAMES = (CLIP_FRAMES - 1) // SCORED_EVERY + 1  # 9
JUDGED_FIELDS = ("subject", "action", "place", "direction", "all")


@dataclass(frozen=True)
class Judged:
    """N clips as the evaluator sees them; NaN where a prompt wants nothing."""

    right: dict[str, np.ndarray]  # field of JUDGED_FIELDS -> float64 [N], 1 right, 0 wrong
    complete: np.ndarray  # float64 [N], 1 when all stages of the action came in order
    flicker: np.ndarray  # float64 [N], levels of 0..255 between frames of the still background
    features: np.ndarray  # float32 [N, D]
    subjects: np.ndarray  # float32 [N, subjects], probabilities
    actions: np.ndarray  # float32 [N, actions]

    def save(self, path: Path) -> None:
        unfinished = path.with_suffix(".part.npz")
        values = {name: value for name, value in vars(self).items() if name != "right"}
        np.savez(unfinished, **values, **{f"right_{name}": v for name, v in self.right.items()})
        os.replace(unfinished, path)

    @staticmethod
    def load(path: Path) -> Judged:
        with np.load(path) as file:
            right = {name: file[f"right_{name}"] for name in JUDGED_FIELDS}
            rest = {name: file[name] for name in file.files if not name.startswith("right_")}
            return Judged(right, **rest)


def judge(evaluator: Evaluator, frames: np.ndarray, scenes: Sequence[Scene]) -> Judged:
    """frames uint8 [N, 9, P, P, 3]: whole clips at 2 frames a second, drawn for these scenes."""
    named = [labels_of(scene) for scene in scenes]
    labels = evaluator.labels
    wanted = {f: np.array([labels.index(f, names[f]) for names in named]) for f in FIELDS}
    seen = evaluator.score(frames)
    right = rightness(seen, wanted)
    return Judged(
        right={field: right[field] for field in JUDGED_FIELDS},
        complete=completions(seen.stages, [scene.action for scene in scenes], labels),
        flicker=background_flicker(frames, seen.boxes),
        features=seen.features,
        subjects=seen.fields["subject"],
        actions=seen.fields["action"],
    )


def rendered_frames(scenes: Sequence[Scene], world: World) -> np.ndarray:
    """The scored frames of real renders, uint8 [N, 9, P, P, 3]."""
    return np.stack([master_clip(scene, world)[::SCORED_EVERY] for scene in scenes])


def reconstructed(frames: np.ndarray, vqvae: VQVAE) -> np.ndarray:
    """The same frames after the picture tokenizer: the ceiling of what any model can draw."""
    found = decode(vqvae, encode(vqvae, frames.reshape(-1, *frames.shape[2:])))
    return found.reshape(frames.shape)


def drawn_frames(file: Path, vqvae: VQVAE, clips: int | None = None) -> np.ndarray:
    """The scored frames of the first `clips` of a row's file, uint8 [N, 9, P, P, 3]."""
    with np.load(file) as drawn:
        if "frames" in drawn:
            return drawn["frames"][:clips, ::SCORED_EVERY]
        return decoded_frames(drawn["tokens"][:clips], vqvae)


def decoded_frames(tokens: np.ndarray, vqvae: VQVAE) -> np.ndarray:
    """Clips' tokens [N, 9 or 33, C] -> the scored frames uint8 [N, 9, P, P, 3]."""
    scored = tokens[:, :: (tokens.shape[1] - 1) // (SCORED_FRAMES - 1)]
    grid = vqvae.config.grid
    found = decode(vqvae, scored.reshape(-1, grid, grid))
    return found.reshape(*scored.shape[:2], *found.shape[1:])


def figures(judged: Judged, real: np.ndarray) -> dict[str, float]:
    """The row's figures; `real` [M, D] are features of real renders of other scenes.

    Shares are 0..1. The clips of held-out pairs are every other one (`prompt_scenes`).
    """
    held_out = np.arange(len(judged.features)) % 2 == 1
    result = {
        "frechet": frechet_distance(judged.features, real),
        "inception": inception_score(joint_shares(judged.subjects, judged.actions)),
        "completion": float(np.nanmean(judged.complete)),
        "flicker": float(np.nanmean(judged.flicker)),
    }
    for field, right in judged.right.items():
        result[field] = float(np.nanmean(right))
    result["all, held-out"] = float(np.nanmean(judged.right["all"][held_out]))
    result["complete and right"] = complete_and_right(judged)
    return result


def complete_and_right(judged: Judged) -> float:
    """Share of clips of staged actions with all stages in order and all three labels right."""
    staged = ~np.isnan(judged.complete)
    return float((judged.complete * judged.right["all"])[staged].mean())
