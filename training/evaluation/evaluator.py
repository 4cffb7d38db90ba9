"""The trained evaluator: loads itself (or is trained once) and scores clips of pixels."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from training.common.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from training.evaluation.labels import LabelSet, label_set, labels_of
from training.evaluation.network import EvaluatorNetwork, NetworkConfig, Scores
from training.presets import data_folder
from training.world.atlas import World
from training.world.composite import render
from training.world.scene import sample_scene

_PROBES = 24  # scenes per side of the split whose pixels name the world
_FRAMES_AT_ONCE = 96


@dataclass(frozen=True)
class Predictions:
    """What the evaluator sees in N clips of F frames."""

    fields: dict[str, np.ndarray]  # field -> float32 [N, classes], probabilities
    stages: np.ndarray  # float32 [N, F, stages], probabilities
    subjects: np.ndarray  # float32 [N, F, subjects], probabilities, each frame by itself
    boxes: np.ndarray  # float32 [N, F, 4]: the subject's centre x, y, width, height, 0..1
    rates: np.ndarray  # float32 [N], frames per second that the motion looks like
    features: np.ndarray  # float32 [N, D] of the penultimate layer

    def classes(self, field: str) -> np.ndarray:
        """int64 [N]: the likeliest class of a clip label."""
        return self.fields[field].argmax(-1)


@dataclass(frozen=True)
class Evaluator:
    """A trained network with its label set, and what it makes of fresh real renders."""

    network: EvaluatorNetwork
    labels: LabelSet
    key: str
    accuracies: dict[str, Any]  # "seen" and "held-out" -> label -> share, n and interval
    reference: dict[int, np.ndarray]  # frames of a clip (9 or 5) -> features of real clips

    @staticmethod
    def load_or_train(world: World, minutes: float = 20.0, subset: str = "cpu") -> Evaluator:
        """The cached evaluator of a subset of this world, which must have frames of 96 pixels;
        trained and cached if there is none."""
        from training.evaluation.evaluator_training import train_evaluator

        config = NetworkConfig()
        key = evaluator_key(world, config, subset)
        path = evaluator_path(key)
        if path.exists():
            return load_evaluator(path)
        print(f"no evaluator {path} yet: training one for {minutes:g} minutes", flush=True)
        return train_evaluator(world, config, minutes, subset=subset)

    @torch.inference_mode()
    def score(self, clips: np.ndarray) -> Predictions:
        """clips uint8 [N, F, H, W, 3], any square size and number of frames (at least one).

        Only the order of the frames counts: neither the rate nor the time of a frame is told.
        """
        if clips.dtype != np.uint8 or clips.ndim != 5 or clips.shape[-1] != 3:
            raise ValueError(
                f"clips must be uint8 [N, F, H, W, 3], not {clips.dtype} {clips.shape}"
            )
        if 0 in clips.shape:
            raise ValueError(f"there is nothing to score in clips of shape {clips.shape}")
        side = self.network.pixels
        step = max(1, _FRAMES_AT_ONCE // clips.shape[1])
        parts = []
        for first in range(0, len(clips), step):
            batch = clips_to_tensor(clips[first : first + step], side)
            with torch.autocast("cpu", torch.bfloat16):
                parts.append(self.network(batch))
        return _joined(parts)


def clips_to_tensor(clips: np.ndarray, side: int) -> torch.Tensor:
    """uint8 [N, F, H, W, 3] -> float [N, F, 3, side, side] in 0..1, resized where needed."""
    count, frames, height = clips.shape[:3]
    images = torch.from_numpy(np.ascontiguousarray(clips)).flatten(0, 1).permute(0, 3, 1, 2)
    images = images.float() / 255
    if height > side:
        images = functional.interpolate(images, size=(side, side), mode="area")
    elif height < side:
        images = functional.interpolate(images, size=(side, side), mode="bilinear")
    return images.unflatten(0, (count, frames))


def _joined(parts: list[Scores]) -> Predictions:
    def array(values: list[torch.Tensor]) -> np.ndarray:
        return torch.cat(values).numpy()

    def shares(logits: list[torch.Tensor]) -> np.ndarray:
        return torch.cat(logits).softmax(-1).numpy()

    return Predictions(
        fields={field: shares([p.fields[field] for p in parts]) for field in parts[0].fields},
        stages=shares([p.stages for p in parts]),
        subjects=shares([p.subjects for p in parts]),
        boxes=array([p.boxes for p in parts]),
        rates=2 ** array([p.rate for p in parts]),
        features=array([p.features for p in parts]),
    )


def evaluator_key(world: World, config: NetworkConfig, subset: str = "cpu") -> str:
    """Names what the evaluator was trained on: the pixels and labels of fixed scenes, its sizes.

    Two worlds that draw the same scenes the same way share an evaluator, whatever files say so.
    """
    digest = hashlib.sha256()
    labels = label_set(subset)
    plain = {"network": asdict(config), "classes": labels.classes, "stages": labels.stage_lines}
    digest.update(json.dumps(plain, sort_keys=True).encode())
    for split in ("train", "heldout"):
        rng = np.random.default_rng([11, len(split)])
        for _ in range(_PROBES):
            scene = sample_scene(rng, split, subset)
            digest.update(json.dumps(labels_of(scene), sort_keys=True).encode())
            digest.update(render(scene, (0.0, 1.5, 3.0), world)[0].tobytes())
    return digest.hexdigest()[:16]


def evaluator_path(key: str) -> Path:
    """Where the evaluator of that key is kept: $FLIPBOOK_DATA/evaluator/KEY.pt."""
    return data_folder("evaluator") / f"{key}.pt"


def save_evaluator(evaluator: Evaluator, config: NetworkConfig, path: Path) -> None:
    extra: dict[str, Any] = {"key": evaluator.key, "accuracies": evaluator.accuracies}
    extra["labels"] = asdict(evaluator.labels)
    extra["reference"] = {n: torch.from_numpy(f) for n, f in evaluator.reference.items()}
    save_checkpoint(path, Checkpoint(evaluator.network.state_dict(), asdict(config), extra=extra))


def load_evaluator(path: Path) -> Evaluator:
    """Reads an evaluator that :func:`save_evaluator` wrote."""
    checkpoint = load_checkpoint(path)
    extra = checkpoint.extra
    labels = LabelSet(**extra["labels"])
    config = {**checkpoint.config, "widths": tuple(checkpoint.config["widths"])}
    network = EvaluatorNetwork(NetworkConfig(**config), labels)
    network.load_state_dict(checkpoint.model)
    network.eval().requires_grad_(False)
    reference = {n: features.numpy() for n, features in extra["reference"].items()}
    return Evaluator(network, labels, extra["key"], extra["accuracies"], reference)
