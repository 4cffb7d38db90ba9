"""A caption as one vector, for the networks of the video GAN."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from training.text.caption_tokenizer import CaptionTokenizer

QUERIES = 4  # learned looks at the caption: it has a subject, an action, a direction and a place


class CaptionEncoder(nn.Module):
    """Piece ids [B, S], right-padded with `pad_id`, to [B, width]: attention of learned queries."""

    def __init__(self, vocabulary: int, pad_id: int, slots: int, width: int) -> None:
        super().__init__()
        self.pad_id = pad_id
        self.pieces = nn.Embedding(vocabulary, width)
        self.places = nn.Parameter(torch.zeros(slots, width))
        self.queries = nn.Parameter(torch.randn(QUERIES, width) / width**0.5)
        self.out = nn.Linear(QUERIES * width, width)

    def forward(self, ids: Tensor) -> Tensor:
        pieces = self.pieces(ids)  # (B, S, W)
        scores = (pieces + self.places[: ids.shape[1]]) @ self.queries.T  # (B, S, Q)
        scores = scores.masked_fill((ids == self.pad_id)[..., None], -1e4)
        looks = torch.softmax(scores, dim=1).transpose(1, 2) @ pieces  # (B, Q, W)
        return self.out(looks.flatten(1))


def caption_ids(tokenizer: CaptionTokenizer, captions: Sequence[str], slots: int) -> Tensor:
    """int64 [N, slots], right-padded; ValueError when a caption has more pieces than slots."""
    ids = torch.full((len(captions), slots), tokenizer.pad_id)
    for row, caption in zip(ids, captions, strict=True):
        pieces = tokenizer.encode(caption)
        if len(pieces) > slots:
            raise ValueError(f"{caption!r} has {len(pieces)} pieces, more than {slots}")
        row[: len(pieces)] = torch.tensor(pieces)
    return ids
