"""Checkpoints: written beside and renamed, so that an interrupted write never loses the old one."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from training.common.budget import Budget


@dataclass
class Checkpoint:
    """What a run needs to go on as if nothing had happened."""

    model: dict[str, Tensor]
    config: dict[str, Any]
    """Plain values (the preset's dataclass as a dictionary)."""
    optimizer: dict[str, Any] | None = None
    step: int = 0
    elapsed: float = 0.0
    """Seconds trained."""
    random: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    """Plain values or tensors of the trainer's own."""


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(path.suffix + ".part")
    torch.save(vars(checkpoint), unfinished)
    os.replace(unfinished, path)


def load_checkpoint(path: Path) -> Checkpoint:
    """Reads tensors and plain values only (nothing in the file is executed)."""
    if not path.exists():
        raise FileNotFoundError(f"There is no checkpoint {path}; train that part first.")
    return Checkpoint(**torch.load(path, map_location="cpu", weights_only=True))


def take_checkpoint(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    budget: Budget,
    rng: np.random.Generator,
    config: dict[str, Any],
    **extra: Any,
) -> Checkpoint:
    """The present state of a run. Its tensors are the live ones: save before the next step."""
    return Checkpoint(
        model=model.state_dict(),
        config=config,
        optimizer=optimizer.state_dict(),
        step=budget.step,
        elapsed=budget.elapsed,
        random=random_state(rng),
        extra=extra,
    )


def resume_from(
    checkpoint: Checkpoint,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    budget: Budget,
    rng: np.random.Generator,
) -> None:
    """Puts a :func:`take_checkpoint` state back."""
    model.load_state_dict(checkpoint.model)
    if checkpoint.optimizer is not None:
        optimizer.load_state_dict(checkpoint.optimizer)
    budget.resume(checkpoint.step, checkpoint.elapsed)
    restore_random_state(checkpoint.random, rng)


def random_state(rng: np.random.Generator) -> dict[str, Any]:
    # JSON because NumPy's 128-bit integers are not among torch's plain values.
    return {"torch": torch.get_rng_state(), "numpy": json.dumps(rng.bit_generator.state)}


def restore_random_state(state: dict[str, Any], rng: np.random.Generator) -> None:
    if state:
        torch.set_rng_state(state["torch"])
        rng.bit_generator.state = json.loads(state["numpy"])
