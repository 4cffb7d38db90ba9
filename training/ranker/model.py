"""Judges how well drawn key frames fit a sentence, as DALL-E and CogView rank their pictures.

One side reads the labels of training.transformer.text_reader off the picture tokens, the other off
the sentence; both give probabilities of each label's classes. The score is what the picture side's
log-probability of the stated classes is expected to be under the text side, and how well the
stages of the action that the frames show match those that such clips go through.

Frames that are not drawn yet have the token `codes`; what they will show is guessed from those that
are, so beginnings of clips can be ranked too.
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
from training.world.subsets import CPU
from training.world.visible_stages import stages_of, told_classes

FRAME_LABELS = ("subject", "place")
"""Labels that every single frame tells; the others take all five."""
CLIP_LABELS = ("action", "direction")
FRAME_WIDTHS = tuple(len(LABELS[name]) for name in FRAME_LABELS)
CLIP_WIDTHS = tuple(len(LABELS[name]) + 1 for name in CLIP_LABELS)
"""Logits of each label: its classes and, last, "unclear"."""
STAGES = stages_of(CPU.name)
STAGE_WIDTH = len(STAGES) + 1
"""Logits of a frame's stage: the stages and, last, "unclear"."""
_TOLD = told_classes(CPU.name)
ALIKE = torch.tensor([[float(one == other) for other in _TOLD] for one in _TOLD])
"""float32 [len(STAGES), len(STAGES)]: 1 where two stages are the same pose. Where one is due the
other may be seen: what the head of a fox is down for is not in its picture."""
TEXT_WIDTHS = tuple(len(classes) + 1 for classes in LABELS.values())
"""Logits of each label of LABELS: its classes and, last, "unstated"."""
ACTIONS = len(LABELS["action"])
FRAME_WEIGHT = 3.0
"""Of subject and place in the score. With weight 1 they gave way to the stages, of which every
frame has one, and more drawings changed who acts."""
LEAST_SHARE = 1e-3
"""Added to a stage's probability: a frame that shows a wrong one costs 7 nats at most."""
DROPOUT = 0.2
DURATION_WIDTH = 8
HIDDEN = 1e4
"""Subtracted from the weight of padding."""


class PictureReader(nn.Module):
    """Tokens of five key frames -> logits of what each frame and what the clip shows, and of the
    stage of the action that each frame shows.

    Who acts and where is read off single frames, so it cannot be guessed from the action, which
    would fail for pairs that were never trained. The action is read off all five at once on a
    coarser grid, where a displacement from frame to frame is a pattern in space. The duration text
    says how far apart in time they are: who runs for a second gets as far as who walks for two.
    """

    def __init__(self, config: RankerConfig) -> None:
        super().__init__()
        code, frame, clip = config.code_width, config.frame_width, config.clip_width
        self.grid = config.grid
        self.codes = nn.Embedding(config.codes + 1, code)  # the last one: not drawn yet
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
        self.stage_head = LabelHead(clip, config.label_width, FRAMES * STAGE_WIDTH)

    @torch.no_grad()
    def start_from_codebook(self, codebook: Tensor) -> None:
        """Lets codes that look alike start alike: half of their embedding's variance becomes a
        random projection of the picture tokenizer's codebook [K, D]."""
        spread = (codebook - codebook.mean(0)) / codebook.std(0).clamp_min(1e-6)
        width = self.codes.embedding_dim
        projection = torch.randn(codebook.shape[1], width) / codebook.shape[1] ** 0.5
        rows = self.codes.weight[: len(codebook)]
        rows.add_(spread.to(rows) @ projection).mul_(0.5**0.5)

    def forward(
        self, tokens: Tensor, pieces: Tensor, told: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """tokens int64 [B, 5, C]; pieces int64 [B, L], of which `told` float [B, L] are the
        duration -> logits [B, 5, sum(FRAME_WIDTHS)], [B, sum(CLIP_WIDTHS)] and
        [B, 5, STAGE_WIDTH]."""
        cells = self.codes(tokens).flatten(0, 1).unflatten(1, (self.grid, self.grid))
        frames = self.frame(cells.permute(0, 3, 1, 2))  # (B * 5, frame_width, G/2, G/2)
        clips = self.join(frames.reshape(len(tokens), -1, *frames.shape[2:]))
        table, linear = self.duration
        seen = self.clip(clips + linear(mean_of(table(pieces), told))[..., None, None])
        return (
            self.frame_head(frames).unflatten(0, (-1, FRAMES)),
            self.clip_head(seen),
            self.stage_head(seen).unflatten(1, (FRAMES, STAGE_WIDTH)),
        )


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


class ExpectedStages(nn.Module):
    """Which stage each of five key frames is to show in a clip of some action and duration: that of
    its storyboard, which the transformer is told as well."""

    def __init__(self, config: RankerConfig) -> None:
        super().__init__()
        self.duration = nn.Embedding(config.pieces, DURATION_WIDTH)
        self.inner = nn.Linear(DURATION_WIDTH, config.text_width)
        self.actions = nn.Embedding(ACTIONS, config.text_width)
        self.head = nn.Linear(config.text_width, FRAMES * len(STAGES))

    def forward(self, pieces: Tensor, told: Tensor) -> Tensor:
        """pieces int64 [B, L], of which `told` float [B, L] are the duration -> logits
        [B, ACTIONS, 5, len(STAGES)]."""
        duration = self.inner(mean_of(self.duration(pieces), told))
        rows = self.head(F.relu(duration[:, None] + self.actions.weight))
        return rows.unflatten(2, (FRAMES, len(STAGES)))


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
        self.expected = ExpectedStages(config)

    def read_pictures(self, text: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits of what the key frames show, see PictureReader; of the text only the duration
        counts. text: flat ids int64 [B, L]; tokens: int64 [B, 5, C]."""
        pieces, told = self._duration(text)
        return self.pictures(tokens, pieces, told)

    def expected_stages(self, text: Tensor) -> Tensor:
        """Logits [B, ACTIONS, 5, len(STAGES)] of the stages that clips of the text's duration show,
        see ExpectedStages. text: flat ids int64 [B, L]."""
        return self.expected(*self._duration(text))

    def _duration(self, text: Tensor) -> tuple[Tensor, Tensor]:
        """Pieces int64 [B, L], and float [B, L] which of them come before the line break."""
        pieces = text - self.config.codes
        told = (pieces == self.config.line_break_piece).cumsum(1) == 0
        return pieces, told.float()

    def read_text(self, text: Tensor) -> Tensor:
        """Logits [B, sum(TEXT_WIDTHS)] of what the sentence states. text: flat ids int64 [B, L]."""
        pieces = text - self.config.codes
        return self.sentence(pieces, (pieces != self.config.pad_piece).float())

    def asked(self, text: Tensor) -> dict[str, Tensor]:
        """Probabilities [B, classes] of every label under the text, "unstated" left out."""
        parts = self.read_text(text).float().split(TEXT_WIDTHS, dim=1)
        return {name: part.softmax(1)[:, :-1] for name, part in zip(LABELS, parts, strict=True)}

    def shown(self, text: Tensor, tokens: Tensor) -> dict[str, Tensor]:
        """Log-probabilities [B, classes] of every label, "unclear" left out; of labels that single
        frames tell the mean over the drawn frames. "stage": probabilities [B, 5, len(STAGES)]."""
        frames, clip, stages = (part.float() for part in self.read_pictures(text, tokens))
        drawn = (tokens[..., 0] != self.config.codes).float()
        each = zip(FRAME_LABELS, frames.split(FRAME_WIDTHS, dim=2), strict=True)
        found = {name: mean_of(logits.log_softmax(2), drawn) for name, logits in each}
        all_five = zip(CLIP_LABELS, clip.split(CLIP_WIDTHS, dim=1), strict=True)
        found |= {name: logits.log_softmax(1)[:, :-1] for name, logits in all_five}
        return found | {"stage": stages.softmax(2)[..., :-1]}

    def forward(self, text: Tensor, tokens: Tensor) -> Tensor:
        """Scores float32 [B] in nats, higher fits better: over labels, the weighted sum of
        p(class | text) * log p(class | pictures), "unstated" left out, and over the frames
        p(an action is stated) * log sum over stages of p(stage | text) * p(stage | pictures), where
        stages that are ALIKE count as one."""
        shown, asked = self.shown(text, tokens), self.asked(text)
        scores = [label_weight(name) * (asked[name] * shown[name]).sum(1) for name in LABELS]
        actions = asked["action"]
        stated = actions.sum(1, keepdim=True)
        expected = self.expected_stages(text).float().softmax(3).flatten(2)
        due = (actions[:, None] @ expected)[:, 0].unflatten(1, (FRAMES, len(STAGES)))
        fits = (due @ ALIKE.to(due) * shown["stage"]).sum(2) / stated.clamp_min(LEAST_SHARE)
        scores.append(stated[:, 0] * (fits + LEAST_SHARE).log().sum(1))
        return torch.stack(scores).sum(0)


def label_weight(name: str) -> float:
    """Of a label in the score."""
    return FRAME_WEIGHT if name in FRAME_LABELS else 1.0


def mean_of(rows: Tensor, used: Tensor) -> Tensor:
    """Mean [B, D] of the rows [B, L, D] that count, zero where none does; used: float [B, L]."""
    return (rows * used[..., None]).sum(1) / used.sum(1, keepdim=True).clamp_min(1)


def load_ranker(path: Path) -> Ranker:
    """The trained ranker in a checkpoint, on the CPU and ready for inference."""
    checkpoint = load_checkpoint(path)
    model = Ranker(RankerConfig(**checkpoint.config))
    model.load_state_dict(checkpoint.model)
    return model.eval().requires_grad_(False)
