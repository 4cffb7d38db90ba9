"""Averaging trainings of one model."""

from __future__ import annotations

import pytest
import torch

from training.common.checkpoint import Checkpoint
from training.transformer.average_checkpoints import average_checkpoints


def _checkpoint(value: float, step: int, width: int = 4) -> Checkpoint:
    model = {"table": torch.full((2, width), float(value)), "count": torch.tensor(step)}
    return Checkpoint(model, {"width": width}, None, step, 60.0 * step)


def test_the_mean_is_weighted_and_keeps_the_last_ones_history() -> None:
    found = average_checkpoints([(_checkpoint(1, 3), 0.25), (_checkpoint(5, 7), 0.75)])
    assert torch.equal(found.model["table"], torch.full((2, 4), 4.0))
    assert found.model["count"] == 7 and found.step == 7 and found.elapsed == 420
    assert found.config == {"width": 4}


def test_what_cannot_be_averaged_is_refused() -> None:
    with pytest.raises(ValueError, match="add up to 1"):
        average_checkpoints([(_checkpoint(1, 3), 0.5), (_checkpoint(5, 7), 0.6)])
    with pytest.raises(ValueError, match="same sizes"):
        average_checkpoints([(_checkpoint(1, 3), 0.5), (_checkpoint(5, 7, width=5), 0.5)])
