"""Muon: momentum whose matrix updates are made orthogonal, with AdamW for everything else.

Matrices move by ``lr * 0.2 * sqrt(max(rows, columns))`` times an orthogonal matrix, so the root
mean square of an update is about ``0.2 * lr`` whatever the shape, close to AdamW's: one learning
rate fits every layer. Method: https://kellerjordan.github.io/posts/muon/
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

# Quintic Newton-Schulz coefficients: the steepest slope at zero that keeps singular values near 1.
_A, _B, _C = 3.4445, -4.7750, 2.0315


# From this ratio of sides on, iterating on the small Gram matrix is cheaper (kernels: 9 or more).
_OBLONG = 6


def orthogonalize(matrix: Tensor, iterations: int = 5) -> Tensor:
    """Nearest (semi-)orthogonal matrix, roughly: singular values land in about 0.7..1.2.

    ``matrix`` [R, C]; returns the same shape, in bfloat16 or float32.
    """
    tall = matrix.size(0) > matrix.size(1)
    x = matrix.mT if tall else matrix
    x = x / (x.norm() + 1e-7)
    step = _iterate_on_gram if x.size(1) >= _OBLONG * x.size(0) else _iterate
    x = step(x, iterations)
    return x.mT if tall else x


def _iterate(x: Tensor, iterations: int) -> Tensor:
    x = x.to(torch.bfloat16)  # precise enough here and at least twice as fast
    for _ in range(iterations):
        gram = x @ x.mT
        x = _A * x + (_B * gram + _C * (gram @ gram)) @ x
    return x


def _iterate_on_gram(x: Tensor, iterations: int) -> Tensor:
    """The same polynomials, multiplied up in R x R before they touch the long matrix.

    Every factor is a polynomial of the same Gram matrix, so they commute. Squaring the singular
    values costs half the digits, hence float32.
    """
    x = x.float()
    gram = x @ x.mT
    identity = torch.eye(len(x), device=x.device)
    product = identity
    for _ in range(iterations):
        factor = _A * identity + _B * gram + _C * (gram @ gram)
        product = factor @ product
        gram = factor @ gram @ factor
    return product.to(torch.bfloat16) @ x.to(torch.bfloat16)


class Muon(torch.optim.Optimizer):
    """Groups with ``muon=True`` hold matrices and kernels; the others are stepped by AdamW."""

    def __init__(self, groups: list[dict]) -> None:
        defaults = {"lr": 1e-3, "muon": False, "momentum": 0.95, "betas": (0.9, 0.95)}
        super().__init__(groups, defaults | {"eps": 1e-8, "weight_decay": 0.0})
        for group in self.param_groups:
            group.setdefault("initial_lr", group["lr"])

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        loss = None if closure is None else closure()
        for group in self.param_groups:
            update = self._muon_step if group["muon"] else self._adam_step
            for parameter in group["params"]:
                if parameter.grad is not None:
                    parameter.mul_(1 - group["lr"] * group["weight_decay"])
                    update(parameter, parameter.grad, group)
        return loss

    def _muon_step(self, parameter: Tensor, gradient: Tensor, group: dict) -> None:
        state = self.state[parameter]
        if not state:
            state["momentum"] = torch.zeros_like(gradient)
        momentum = state["momentum"].mul_(group["momentum"]).add_(gradient)
        direction = gradient.add(momentum, alpha=group["momentum"])  # Nesterov
        # A kernel [out, in, kh, kw] is the matrix [out, in * kh * kw] of its patches.
        matrix = direction.reshape(direction.size(0), -1)
        scale = 0.2 * max(matrix.shape) ** 0.5
        update = orthogonalize(matrix).to(parameter.dtype).reshape(parameter.shape)
        parameter.add_(update, alpha=-group["lr"] * scale)

    def _adam_step(self, parameter: Tensor, gradient: Tensor, group: dict) -> None:
        state = self.state[parameter]
        if not state:
            state["step"] = 0
            state["mean"] = torch.zeros_like(gradient)
            state["square"] = torch.zeros_like(gradient)
        state["step"] += 1
        beta1, beta2 = group["betas"]
        mean = state["mean"].lerp_(gradient, 1 - beta1)
        square = state["square"].lerp_(gradient.square(), 1 - beta2)
        correction1, correction2 = 1 - beta1 ** state["step"], 1 - beta2 ** state["step"]
        denominator = (square / correction2).sqrt_().add_(group["eps"])
        parameter.addcdiv_(mean, denominator, value=-group["lr"] / correction1)


def _is_matrix(_name: str, parameter: Tensor) -> bool:
    return parameter.ndim >= 2


def make_optimizer(
    module: nn.Module,
    muon_lr: float,
    adam_lr: float,
    weight_decay: float = 0.0,
    use_muon: Callable[[str, Tensor], bool] = _is_matrix,
) -> Muon:
    """One optimizer over the trainable parameters of ``module``.

    ``use_muon(name, parameter)`` says which go to Muon (default: all with two or more dimensions).
    A transformer passes a test that keeps embedding tables and the output head out. Weight decay is
    decoupled and applies to Muon's parameters only.
    """
    trainable = [(n, p) for n, p in module.named_parameters() if p.requires_grad]
    muon = [p for n, p in trainable if p.ndim >= 2 and use_muon(n, p)]
    chosen = {id(p) for p in muon}
    adam = [p for _, p in trainable if id(p) not in chosen]
    groups = [
        {"params": muon, "muon": True, "lr": muon_lr, "weight_decay": weight_decay},
        {"params": adam, "muon": False, "lr": adam_lr},
    ]
    return Muon([group for group in groups if group["params"]])


def scale_learning_rate(optimizer: torch.optim.Optimizer, scale: float) -> None:
    """Sets each group's rate to ``scale`` times the rate it was made with."""
    for group in optimizer.param_groups:
        group["lr"] = group["initial_lr"] * scale
