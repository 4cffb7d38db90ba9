"""Muon whose orthogonalisations are shared out over the processes.

Every process sees the same averaged gradients, so each may orthogonalise a part of the matrices and
the results are exchanged. State and checkpoints are those of Muon: momentum is kept everywhere.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.distributed as dist
from torch import Tensor, nn

from training.common.distributed import process_count, sum_over_processes
from training.common.muon import Muon, make_optimizer, orthogonalize


def share_out(shapes: list[tuple[int, ...]], processes: int) -> list[int]:
    """The process of each matrix: dearest first, always to the one with the least work."""
    load = [0] * processes
    owner = [0] * len(shapes)
    costs = [min(shape) ** 2 * max(shape) for shape in shapes]
    for index in sorted(range(len(shapes)), key=lambda i: (-costs[i], i)):
        owner[index] = load.index(min(load))
        load[owner[index]] += costs[index]
    return owner


class ShardedMuon(Muon):
    """For matrices only (two dimensions) in the groups with ``muon=True``."""

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        if process_count() == 1:
            return super().step(closure)
        loss = None if closure is None else closure()
        for group in self.param_groups:
            parameters = [p for p in group["params"] if p.grad is not None]
            for parameter in parameters:
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
            if group["muon"]:
                self._sharded_step(parameters, group)
            else:
                for parameter in parameters:
                    self._adam_step(parameter, parameter.grad, group)
        return loss

    def _sharded_step(self, parameters: list[Tensor], group: dict) -> None:
        owner = share_out([tuple(p.shape) for p in parameters], process_count())
        # Sums with zeros are exact, so one all-reduce exchanges the updates.
        sizes = [p.numel() for p in parameters]
        updates = torch.zeros(sum(sizes), dtype=torch.bfloat16, device=parameters[0].device)
        parts = updates.split(sizes)
        for parameter, part, rank in zip(parameters, parts, owner, strict=True):
            direction = self._direction(parameter, group["momentum"])
            if rank == dist.get_rank():
                part.copy_(orthogonalize(direction).reshape(-1))
        sum_over_processes(updates)
        for parameter, part in zip(parameters, parts, strict=True):
            scale = 0.2 * max(parameter.shape) ** 0.5
            parameter.add_(part.view_as(parameter), alpha=-group["lr"] * scale)

    def _direction(self, parameter: Tensor, momentum: float) -> Tensor:
        """Nesterov momentum, as in Muon."""
        state = self.state[parameter]
        if not state:
            state["momentum"] = torch.zeros_like(parameter.grad)
        held = state["momentum"].mul_(momentum).add_(parameter.grad)
        return parameter.grad.add(held, alpha=momentum)


def make_sharded_optimizer(
    module: nn.Module,
    muon_lr: float,
    adam_lr: float,
    use_muon: Callable[[str, Tensor], bool],
) -> ShardedMuon:
    """As `make_optimizer`, for modules whose Muon parameters are all matrices."""
    groups = make_optimizer(module, muon_lr, adam_lr, use_muon=use_muon).param_groups
    keys = ("params", "muon", "lr", "weight_decay")
    return ShardedMuon([{key: group[key] for key in keys} for group in groups])
