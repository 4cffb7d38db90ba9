"""Operations of the training graph with hand-written gradients.

On CPU a training step is bound by memory passes beside the matrix products; these work in place
and keep only what the gradient needs. Under autocast they take and give bfloat16 where marked.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function


def by_hand(x: Tensor) -> bool:
    """Are the operations below used for `x`? A GPU's compiler and kernels do better."""
    return x.device.type == "cpu"


class Attend(Function):
    """softmax(q k^T / sqrt(D) + bias) v for query [..., S, D], key and value [..., N, D]."""

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, bias: Tensor) -> Tensor:
        ctx.scale = query.shape[-1] ** -0.5
        scores = torch.matmul(query, key.mT)
        torch.add(bias, scores, alpha=ctx.scale, out=scores)
        weights = torch.softmax(scores, dim=-1)
        ctx.save_for_backward(query, key, value, weights)
        return torch.matmul(weights, value)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        query, key, value, weights = ctx.saved_tensors
        grad_value = torch.matmul(weights.mT, grad)
        grad_weights = torch.matmul(grad, value.mT)
        scores = torch._softmax_backward_data(grad_weights, weights, -1, weights.dtype)
        grad_query = torch.matmul(scores, key).mul_(ctx.scale)
        grad_key = torch.matmul(scores.mT, query).mul_(ctx.scale)
        return grad_query, grad_key, grad_value, None


class ScaledRms(Function):
    """x / rms(x) * weight, computed in float32 from float32 x, given in `dtype`."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, eps: float, dtype: torch.dtype) -> Tensor:
        norm = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        inverse = torch.rsqrt(norm.square() / x.shape[-1] + eps)
        unit = x * inverse
        ctx.save_for_backward(unit, inverse, weight)
        return torch.mul(unit, weight, out=torch.empty_like(unit, dtype=dtype))

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        unit, inverse, weight = ctx.saved_tensors
        product = grad * unit
        grad_weight = product.flatten(0, -2).sum(0)
        share = torch.matmul(product, weight).unsqueeze(-1) / -weight.shape[0]
        grad_x = (grad * weight).addcmul_(unit, share).mul_(inverse)
        return grad_x, grad_weight, None, None


class ReluSquared(Function):
    """max(x, 0)**2"""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        positive = torch.relu(x)
        ctx.save_for_backward(positive)
        return positive * positive

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (positive,) = ctx.saved_tensors
        return (grad * positive).mul_(2)


class CrossEntropy(Function):
    """-log softmax(logits)[target] in float32 nats: logits [N, K], targets [N] -> [N].

    Rows are taken in parts that fit the cache, and no float32 copy of the logits is kept.
    """

    @staticmethod
    def forward(ctx: Any, logits: Tensor, targets: Tensor) -> Tensor:
        ctx.rows = 128 if logits.device.type == "cpu" else 32_768
        totals = torch.empty(logits.shape[0], dtype=torch.float32, device=logits.device)
        for part, total in zip(logits.split(ctx.rows), totals.split(ctx.rows), strict=True):
            torch.logsumexp(part.float(), dim=-1, out=total)
        ctx.save_for_backward(logits, targets, totals)
        return totals - logits.gather(1, targets[:, None]).squeeze(1).float()

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        logits, targets, totals = ctx.saved_tensors
        result = torch.empty_like(logits)
        for start in range(0, logits.shape[0], ctx.rows):
            rows = slice(start, start + ctx.rows)
            chance = (logits[rows].float() - totals[rows, None]).exp_()
            chance.mul_(grad[rows, None])
            chance.scatter_add_(1, targets[rows, None], -grad[rows, None])
            result[rows] = chance
        return result, None
