"""A training aid: heads that read off the text rows what the caption states.

What a word changes in the picture can be worth little of the loss: a direction is one bit in some
hundred nats of a clip, and after two hours of training was still ignored. The scene's labels are
known exactly, so the text rows are also asked for them. The heads are not part of the model.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from training.transformer.model import Layer, Transformer
from training.world.catalog import ACTIONS, DIRECTIONS, PLACES, SUBJECTS
from training.world.scene import Scene

LABELS: dict[str, tuple[str, ...]] = {
    "subject": SUBJECTS,
    "action": ACTIONS,
    "place": PLACES,
    "direction": DIRECTIONS,
}
UNSTATED = -1


def stated_labels(scene: Scene, states: frozenset[str]) -> list[int]:
    """Class of each of LABELS, UNSTATED where the caption does not tell it or it is none of them
    (names of a larger world)."""
    values = {name: getattr(scene, name) for name in LABELS}
    return [
        classes.index(values[name]) if name in states and values[name] in classes else UNSTATED
        for name, classes in LABELS.items()
    ]


class TextReader(nn.Module):
    """Reads the mean of the text rows behind the middle layer of `model`.

    Image rows of the layers above can only use what is there by then.
    """

    def __init__(self, model: Transformer) -> None:
        super().__init__()
        hidden = model.config.hidden
        self.heads = nn.ModuleList(nn.Linear(hidden, len(c)) for c in LABELS.values())
        self._pad = model.config.pad_id
        self._rows: Tensor | None = None
        middle = model.layers[(len(model.layers) - 1) // 2]
        middle.register_forward_hook(self._keep)

    def _keep(self, layer: Layer, arguments: tuple[Tensor, ...], rows: Tensor) -> None:
        self._rows = rows if self.training and torch.is_grad_enabled() else None

    def loss(self, text: Tensor, labels: Tensor) -> Tensor:
        """Mean cross-entropy in nats of the stated labels, right after the model has run.

        text: flat ids [B, L]; labels: int64 [B, len(LABELS)]. The model may have been run on
        more rows; the first B are read.
        """
        assert self._rows is not None, "the model has not been run for training"
        rows = self._rows[: len(text), : text.shape[1]].float()
        self._rows = None
        used = (text != self._pad).float()[..., None]
        mean = F.layer_norm((rows * used).sum(1) / used.sum(1), rows.shape[-1:])
        losses = [
            F.cross_entropy(head(mean), column, ignore_index=UNSTATED, reduction="sum")
            for head, column in zip(self.heads, labels.unbind(1), strict=True)
        ]
        return torch.stack(losses).sum() / (labels != UNSTATED).sum().clamp_min(1)
