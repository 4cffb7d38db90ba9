"""Attention of the training graph over small groups: softmax(q k^T + bias) v.

On CPU the fused scaled_dot_product_attention has a slow backward; plain batched products in
bfloat16 are up to 3.4 times faster on groups of about 100 keys. GPUs take the fused one.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from training.transformer.config import Window
from training.transformer.fused import Attend, by_hand


def attend(query: Tensor, key: Tensor, value: Tensor, bias: Tensor) -> Tensor:
    """query [..., S, D], key and value [..., N, D], bias broadcastable to [..., S, N] ->
    [..., S, D], in the inputs' dtype."""
    if by_hand(query):
        return Attend.apply(query, key, value, bias)
    return attend_fused(query, key, value, bias)


def attend_fused(query: Tensor, key: Tensor, value: Tensor, bias: Tensor) -> Tensor:
    """As `attend`, by torch's own kernel, which takes one axis of groups."""
    groups = query.shape[:-3]
    bias = bias.expand(*groups, *bias.shape[-3:]).flatten(0, -4)
    query, key, value = (part.flatten(0, -4) for part in (query, key, value))
    context = F.scaled_dot_product_attention(query, key, value, attn_mask=bias.to(query.dtype))
    return context.unflatten(0, groups)


def fits(grid: int, window: Window | None) -> bool:
    """Does the window cut the grid into equal regions, so that they can be gathered?"""
    if window is None:
        return True
    return not (window.shift or grid % window.height or grid % window.width)


def to_regions(image: Tensor, grid: int, window: Window | None) -> Tensor:
    """[B, F*C, A, heads, D] -> [A, B, R, heads, F*n, D]: R regions of n cells, frame by frame."""
    batch, _, parts, heads, depth = image.shape
    height, width = (window.height, window.width) if window else (grid, grid)
    rows, columns = grid // height, grid // width
    cut = image.view(batch, -1, rows, height, columns, width, parts, heads, depth)
    cut = cut.permute(6, 0, 2, 4, 7, 1, 3, 5, 8)
    return cut.flatten(5, 7).flatten(2, 3)


def from_regions(regions: Tensor, grid: int, window: Window | None) -> Tensor:
    """[B, R, heads, F*n, D] -> [B, F*C, heads*D], the inverse of `to_regions`."""
    batch, _, heads, _, depth = regions.shape
    height, width = (window.height, window.width) if window else (grid, grid)
    rows, columns = grid // height, grid // width
    cut = regions.view(batch, rows, columns, heads, -1, height, width, depth)
    cut = cut.permute(0, 4, 1, 5, 2, 6, 3, 7)
    return cut.reshape(batch, -1, heads * depth)


def with_text(text: Tensor, image: Tensor) -> Tensor:
    """Text keys [B, heads, L, D] put before each group's keys [B, groups, heads, n, D]."""
    shared = text.unsqueeze(1).expand(-1, image.shape[1], -1, -1, -1)
    return torch.cat([shared, image], dim=-2)
