"""The super-resolution transformer: text and coarse tokens in, hidden rows of the fine cells out.

CogView2's frozen text-to-image body reads text and coarse tokens. Every fine cell
has the same input, BOI, and projections of its own; it attends to coarse cells around its parent
and to fine cells around itself, not to the text. Norms and MLP are shared. One pass for all cells.

Shapes: B frames, L text length, C coarse cells, F fine cells, H heads, D head width.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.dsr.config import DsrConfig
from training.dsr.tiles import HIDDEN, TilePlan, plan_tiles

TILES_AT_ONCE = 5  # whose scores are held: 53 MB of float32 at the released size


class Projections(nn.Module):
    """Of one part; q, k, v are thirds of `qkv`, each head-major."""

    def __init__(self, config: DsrConfig) -> None:
        super().__init__()
        self.qkv = nn.Linear(config.hidden, 3 * config.hidden)
        self.dense = nn.Linear(config.hidden, config.hidden)


class DsrLayer(nn.Module):
    """Sandwich norms around attention and MLP, as in the video transformer; no mixing of channels:
    every row uses one of the two output projections."""

    def __init__(self, config: DsrConfig) -> None:
        super().__init__()
        self.config = config
        norms = [nn.LayerNorm(config.hidden, eps=config.norm_eps) for _ in range(4)]
        self.norm_attention, self.norm_attention_out, self.norm_mlp, self.norm_mlp_out = norms
        self.base = Projections(config)
        self.fine = Projections(config)
        self.mlp_in = nn.Linear(config.hidden, config.ffn)
        self.mlp_out = nn.Linear(config.ffn, config.hidden)

    def forward(self, x: Tensor, base_bias: Tensor, plan: TilePlan) -> Tensor:
        """x [B, L + C + F, hidden], fine rows in tile order; base_bias [L + C, L + C]."""
        count = x.shape[1] - len(plan.order)
        base, fine = self.norm_attention(x).split([count, len(plan.order)], dim=1)
        query, key, value = self._heads(self.base.qkv(base))
        found = F.scaled_dot_product_attention(query, key, value, attn_mask=base_bias)
        coarse = [part[:, :, -self.config.coarse_cells :] for part in (key, value)]
        near = self._attend_near(self._heads(self.fine.qkv(fine)), coarse, plan)
        change = torch.cat([self.base.dense(_rows(found)), self.fine.dense(_rows(near))], dim=1)
        x = x + self.norm_attention_out(change)
        inner = F.gelu(self.mlp_in(self.norm_mlp(x)), approximate="tanh")
        return x + self.norm_mlp_out(self.mlp_out(inner))

    def _heads(self, qkv: Tensor) -> Tensor:
        """[B, S, 3 * hidden] -> queries, keys, values [3, B, H, S, D]."""
        cut = qkv.view(*qkv.shape[:2], 3, self.config.heads, self.config.head_dim)
        return cut.permute(2, 0, 3, 1, 4)

    def _attend_near(self, fine: Tensor, coarse: list[Tensor], plan: TilePlan) -> Tensor:
        """One softmax over both neighbourhoods: [B, H, F, D]; some tiles at a time."""
        query = fine[0].unflatten(2, (plan.tiles, -1))
        key, value = (
            torch.cat([below, own], dim=2) for below, own in zip(coarse, fine[1:], strict=True)
        )
        keys = torch.from_numpy(np.concatenate([plan.coarse, plan.fine + coarse[0].shape[2]], 1))
        bias = torch.from_numpy(plan.bias).to(query.dtype)
        found = []
        for start in range(0, plan.tiles, TILES_AT_ONCE):
            some = slice(start, start + TILES_AT_ONCE)
            scores = query[:, :, some] @ key[:, :, keys[some]].transpose(-1, -2)
            weights = torch.softmax(scores * self.config.head_dim**-0.5 + bias[some], dim=-1)
            found.append(weights @ value[:, :, keys[some]])
        return torch.cat(found, dim=2).flatten(2, 3)


class DsrTransformer(nn.Module):
    """`tile` is the side of the tiles in fine cells; it changes speed and memory, not results."""

    def __init__(self, config: DsrConfig, tile: int | None = None) -> None:
        super().__init__()
        self.config = config
        self.plan = plan_tiles(config, tile)
        self.word = nn.Embedding(config.vocabulary, config.hidden)
        self.position_base = nn.Embedding(config.base_positions, config.hidden)
        self.position_fine = nn.Embedding(config.fine_cells, config.hidden)
        self.layers = nn.ModuleList(DsrLayer(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.hidden, eps=config.norm_eps)

    def all_hidden(self, text: Tensor, coarse: Tensor) -> tuple[Tensor, Tensor]:
        """Final hidden rows: text and coarse cells [B, L + C, hidden], fine cells [B, F, hidden],
        both in row-major order. Text ids [B, L], unpadded; coarse tokens [B, C]."""
        self._check(text, coarse)
        length = text.shape[1]
        x = torch.cat([self._embed_base(text, coarse), self._embed_fine(len(text))], dim=1)
        bias = x.new_zeros(length + self.config.coarse_cells, length + self.config.coarse_cells)
        bias[:length, length:] = HIDDEN  # text reads text only
        for layer in self.layers:
            x = layer(x, bias, self.plan)
        base, fine = self.norm(x).split([len(bias), self.config.fine_cells], dim=1)
        return base, fine[:, torch.from_numpy(self.plan.place)]

    def forward(self, text: Tensor, coarse: Tensor) -> Tensor:
        """Final hidden rows of the fine cells [B, F, hidden], row-major."""
        return self.all_hidden(text, coarse)[1]

    def logits(self, hidden: Tensor) -> Tensor:
        """[..., hidden] -> [..., codes] by the word embedding's image rows, in float32 (P16)."""
        return hidden.float() @ self.word.weight[: self.config.codes].float().T

    def _embed_base(self, text: Tensor, coarse: Tensor) -> Tensor:
        start, positions = self.config.coarse_offset, self.position_base.weight
        text_rows = self.word(text) + positions[: text.shape[1]]
        coarse_rows = self.word(coarse) + positions[start : start + self.config.coarse_cells]
        return torch.cat([text_rows, coarse_rows], dim=1)

    def _embed_fine(self, batch: int) -> Tensor:
        """BOI everywhere, in tile order."""
        positions = self.position_fine.weight[torch.from_numpy(self.plan.order)]
        return (self.word.weight[self.config.boi_id] + positions).expand(batch, -1, -1)

    def _check(self, text: Tensor, coarse: Tensor) -> None:
        if text.shape[1] > self.config.text_slots:
            raise ValueError(
                f"the text has {text.shape[1]} ids, super-resolution reads {self.config.text_slots}"
            )
        if coarse.shape[1] != self.config.coarse_cells:
            raise ValueError(
                f"a frame of {coarse.shape[1]} tokens, expected {self.config.coarse_cells}"
            )


def _rows(heads: Tensor) -> Tensor:
    """[B, H, S, D] -> [B, S, hidden]"""
    return heads.transpose(1, 2).flatten(2)
