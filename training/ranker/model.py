"""Judges how well drawn key frames fit a sentence, as DALL-E and CogView rank their pictures.

One side reads the labels of training.transformer.text_reader off the picture tokens, the other off
the sentence; both give probabilities of each label's classes. The score is what the picture side's
log-probability of the stated classes is expected to be under the text side.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.common.checkpoint import load_checkpoint
from training.ranker.config import RankerConfig
from training.transformer.config import FRAMES
from training.transformer.text_reader import LABELS
from training.vqvae.model import PixelNorm, ResidualBlock

FRAME_LABELS = ("subject", "place")
"""Labels that every single frame tells; the others take all five."""
CLIP_LABELS = ("action", "direction")
FRAME_WIDTHS = tuple(len(LABELS[name]) for name in FRAME_LABELS)
CLIP_WIDTHS = tuple(len(LABELS[name]) + 1 for name in CLIP_LABELS)
"""Logits of each label: its classes and, last, "unclear"."""
TEXT_WIDTHS = tuple(len(classes) + 1 for classes in LABELS.values())
"""Logits of each label of LABELS: its classes and, last, "unstated"."""
DROPOUT = 0.2
DURATION_WIDTH = 8
HIDDEN = 1e4
"""Subtracted from the weight of padding."""


class PictureReader(nn.Module):
    """Tokens of five key frames -> logits of what each frame and what the clip shows.

    Who acts and where is read off single frames, so it cannot be guessed from the action, which
    would fail for pairs that were never trained. The action is read off all five at once on a
    coarser grid, where a displacement from frame to frame is a pattern in space. The duration text
    says how far apart in time they are: who runs for a second gets as far as who walks for two.
    """

    def __init__(self, config: RankerConfig) -> None:
        super().__init__()
        code, frame, clip = config.code_width, config.frame_width, config.clip_width
        self.grid = config.grid
        self.codes = nn.Embedding(config.codes, code)
        self.duration = nn.Sequential(
            nn.Embedding(config.pieces, DURATION_WIDTH), nn.Linear(DURATION_WIDTH, clip)
        )
        self.frame = nn.Sequential(
            nn.Conv2d(code, frame, 3, padding=1),
            nn.SiLU(),
            nn.Conv2d(frame, frame, 3, stride=2, padding=1),
            *[ResidualBlock(frame) for _ in range(config.frame_blocks)],
            PixelNorm(),
        )
        self.join = nn.Conv2d(FRAMES * frame, clip, 1)
        self.clip = nn.Sequential(ResidualBlock(clip), PixelNorm())
        self.frame_head = LabelHead(frame, config.label_width, sum(FRAME_WIDTHS))
        self.clip_head = LabelHead(clip, config.label_width, sum(CLIP_WIDTHS))

    @torch.no_grad()
    def start_from_codebook(self, codebook: Tensor) -> None:
        """Lets codes that look alike start alike: half of their embedding's variance becomes a
        random projection of the picture tokenizer's codebook [K, D]."""
        spread = (codebook - codebook.mean(0)) / codebook.std(0).clamp_min(1e-6)
        width = self.codes.embedding_dim
        projection = torch.randn(codebook.shape[1], width) / codebook.shape[1] ** 0.5
        self.codes.weight.add_(spread.to(self.codes.weight) @ projection).mul_(0.5**0.5)

    def forward(self, tokens: Tensor, pieces: Tensor, told: Tensor) -> tuple[Tensor, Tensor]:
        """tokens int64 [B, 5, C]; pieces int64 [B, L], of which `told` float [B, L] are the
        duration -> logits [B, 5, sum(FRAME_WIDTHS)] and [B, sum(CLIP_WIDTHS)]."""
        cells = self.codes(tokens).flatten(0, 1).unflatten(1, (self.grid, self.grid))
        frames = self.frame(cells.permute(0, 3, 1, 2))  # (B * 5, frame_width, G/2, G/2)
        clips = self.join(frames.reshape(len(tokens), -1, *frames.shape[2:]))
        table, linear = self.duration
        seen = self.clip(clips + linear(mean_of(table(pieces), told))[..., None, None])
        return self.frame_head(frames).unflatten(0, (-1, FRAMES)), self.clip_head(seen)


class LabelHead(nn.Module):
    """Features [N, D, H, W] -> logits [N, classes], from their means and maxima over the cells."""

    def __init__(self, width: int, hidden: int, classes: int) -> None:
        super().__init__()
        self.dropout = nn.Dropout(DROPOUT)
        self.hidden = nn.Linear(2 * width, hidden)
        self.head = nn.Linear(hidden, classes)

    def forward(self, features: Tensor) -> Tensor:
        pooled = torch.cat([features.mean((2, 3)), features.amax((2, 3))], dim=1)
        return self.head(self.dropout(F.relu(self.hidden(self.dropout(pooled)))))


class TextLabels(nn.Module):
    """The pieces of a sentence, in any order -> logits of every label.

    Each label weighs the pieces its own way: a mean over all of them would let the action tell who
    acts, which fails for pairs that were never trained.
    """

    def __init__(self, config: RankerConfig) -> None:
        super().__init__()
        self.pieces = nn.Embedding(config.pieces, config.text_width)
        self.weights = nn.Embedding(config.pieces, len(LABELS))
        nn.init.zeros_(self.weights.weight)
        self.hidden = nn.Linear(config.text_width, config.label_width)
        self.heads = nn.ModuleList(nn.Linear(config.label_width, width) for width in TEXT_WIDTHS)

    def forward(self, pieces: Tensor, used: Tensor) -> Tensor:
        """pieces int64 [B, L], of which `used` float [B, L] count, one at least -> logits
        [B, sum(TEXT_WIDTHS)]."""
        hidden_pieces = (used - 1)[..., None] * HIDDEN
        weights = (self.weights(pieces) + hidden_pieces).softmax(1)  # (B, L, labels)
        means = weights.transpose(1, 2) @ self.pieces(pieces)  # (B, labels, text_width)
        rows = F.relu(self.hidden(means)).unbind(1)
        return torch.cat([head(row) for head, row in zip(self.heads, rows, strict=True)], dim=1)


class Ranker(nn.Module):
    """Scores of clips against sentences."""

    def __init__(self, config: RankerConfig) -> None:
        super().__init__()
        self.config = config
        self.pictures = PictureReader(config)
        self.sentence = TextLabels(config)

    def read_pictures(self, text: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of what the key frames show, see PictureReader; of the text only the duration
        counts. text: flat ids int64 [B, L]; tokens: int64 [B, 5, C]."""
        pieces = text - self.config.codes
        told = (pieces == self.config.line_break_piece).cumsum(1) == 0
        return self.pictures(tokens, pieces, told.float())

    def read_text(self, text: Tensor) -> Tensor:
        """Logits [B, sum(TEXT_WIDTHS)] of what the sentence states. text: flat ids int64 [B, L]."""
        pieces = text - self.config.codes
        return self.sentence(pieces, (pieces != self.config.pad_piece).float())

    def shown(self, text: Tensor, tokens: Tensor) -> dict[str, Tensor]:
        """Log-probabilities [B, classes] of every label, "unclear" left out; of labels that single
        frames tell the mean over the frames."""
        frames, clip = (part.float() for part in self.read_pictures(text, tokens))
        each = zip(FRAME_LABELS, frames.split(FRAME_WIDTHS, dim=2), strict=True)
        found = {name: logits.log_softmax(2).mean(1) for name, logits in each}
        all_five = zip(CLIP_LABELS, clip.split(CLIP_WIDTHS, dim=1), strict=True)
        return found | {name: logits.log_softmax(1)[:, :-1] for name, logits in all_five}

    def forward(self, text: Tensor, tokens: Tensor) -> Tensor:
        """Scores float32 [B] in nats, higher fits better: over labels, the sum of
        p(class | text) * log p(class | pictures), "unstated" left out."""
        shown = self.shown(text, tokens)
        asked = self.read_text(text).float().split(TEXT_WIDTHS, dim=1)
        scores = [
            (wanted.softmax(1)[:, :-1] * shown[name]).sum(1)
            for name, wanted in zip(LABELS, asked, strict=True)
        ]
        return torch.stack(scores).sum(0)


def mean_of(rows: Tensor, used: Tensor) -> Tensor:
    """Mean [B, D] of the rows [B, L, D] that count, zero where none does; used: float [B, L]."""
    return (rows * used[..., None]).sum(1) / used.sum(1, keepdim=True).clamp_min(1)


def load_ranker(path: Path) -> Ranker:
    """The trained ranker in a checkpoint, on the CPU and ready for inference."""
    checkpoint = load_checkpoint(path)
    model = Ranker(RankerConfig(**checkpoint.config))
    model.load_state_dict(checkpoint.model)
    return model.eval().requires_grad_(False)
