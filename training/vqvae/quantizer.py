"""The codebook: nearest code, moving averages instead of gradients, refill of unused codes."""

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn import functional

from training.common.distributed import process_count, sum_over_processes

DECAY = 0.98
NEAREST_ROWS = 32_768
"""Vectors whose distances to all codes are in memory at a time."""
DEAD_SHARE = 0.05
"""A code used less than this share of the average use is replaced."""


class VectorQuantizer(nn.Module):
    """``codebook`` [K, D]. Until :meth:`initialize` it lets latents through unchanged."""

    codebook: Tensor
    counts: Tensor
    sums: Tensor
    ready: Tensor

    def __init__(self, codes: int, width: int, unit_codes: bool) -> None:
        super().__init__()
        self.unit_codes = unit_codes
        self.register_buffer("codebook", self._normalize(torch.randn(codes, width)))
        self.register_buffer("counts", torch.ones(codes))
        self.register_buffer("sums", self.codebook.clone())
        self.register_buffer("ready", torch.tensor(False))

    def _normalize(self, vectors: Tensor) -> Tensor:
        return functional.normalize(vectors, dim=-1) if self.unit_codes else vectors

    def tokens_of(self, latents: Tensor) -> Tensor:
        """[N, D, h, w] -> index of the nearest code [N, h, w]."""
        # |z - c|^2 = |z|^2 - 2 (z.c - |c|^2 / 2): the nearest code has the largest bracket. Unit
        # codes shift all brackets alike, and the length of z then does not matter.
        bias = -0.5 * self.codebook.square().sum(1)
        return functional.conv2d(latents, self.codebook[:, :, None, None], bias).argmax(1)

    def _nearest(self, vectors: Tensor) -> Tensor:
        """As tokens_of for vectors [M, D] -> [M]; on a GPU many small pictures would crawl."""
        if vectors.device.type == "cpu":
            return self.tokens_of(vectors[:, :, None, None]).flatten()
        return self.nearest_by_product(vectors)

    def nearest_by_product(self, vectors: Tensor) -> Tensor:
        """Index of the nearest code of each vector [M, D] -> [M], as matrix products."""
        bias = -0.5 * self.codebook.square().sum(1)
        parts = vectors.split(NEAREST_ROWS)
        return torch.cat([torch.addmm(bias, part, self.codebook.mT).argmax(1) for part in parts])

    def codes_of(self, tokens: Tensor) -> Tensor:
        """[N, h, w] -> [N, D, h, w]."""
        return self.codebook[tokens].permute(0, 3, 1, 2)

    def forward(self, latents: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Latents [N, D, h, w] -> (codes with straight-through gradient, commitment, vectors).

        ``commitment`` is the mean squared distance of the latents from their codes; ``vectors``
        [N*h*w, D] are the detached latents that :meth:`update` wants.
        """
        latents = latents.float()
        if self.unit_codes:
            latents = functional.normalize(latents, dim=1)
        vectors = latents.detach().permute(0, 2, 3, 1).flatten(0, 2)
        if not self.ready:
            return latents, latents.new_zeros(()), vectors
        nearest = self.codes_of(self.tokens_of(latents.detach()))
        commitment = functional.mse_loss(latents, nearest)
        return latents + (nearest - latents).detach(), commitment, vectors

    @torch.no_grad()
    def update(self, vectors: Tensor) -> Tensor:
        """Moves the codes towards the mean of their vectors [M, D]; returns the tokens [M]."""
        tokens = self._nearest(vectors)
        statistics = vectors.new_zeros(len(self.codebook), vectors.size(1) + 1)
        ones = vectors.new_ones(len(vectors), 1)
        statistics.index_add_(0, tokens, torch.cat([vectors, ones], 1))
        sum_over_processes(statistics)
        self.sums.lerp_(statistics[:, :-1], 1 - DECAY)
        self.counts.lerp_(statistics[:, -1], 1 - DECAY)
        self.codebook.copy_(self._normalize(self.sums / self.counts.clamp_min(1e-5)[:, None]))
        return tokens

    @torch.no_grad()
    def refill(self, vectors: Tensor, tokens: Tensor) -> int:
        """Puts unused codes onto vectors that are far from their own; returns how many."""
        average = self.counts.mean()
        dead = (self.counts < DEAD_SHARE * average).nonzero().flatten()[: len(vectors)]
        if len(dead):
            error = (vectors - self.codebook[tokens]).square().sum(1) + 1e-8
            chosen = vectors[torch.multinomial(error, len(dead))]
            self.codebook[dead] = chosen
            self.counts[dead] = average  # as if used often: they get time to find their place
            self.sums[dead] = chosen * average
            self._share()
        return len(dead)

    @torch.no_grad()
    def initialize(self, vectors: Tensor, rounds: int = 8) -> None:
        """k-means over ``vectors`` [M, D] of the main process, M at least the number of codes."""
        codes = len(self.codebook)
        if len(vectors) < codes:
            raise ValueError(f"k-means needs at least {codes} vectors, got {len(vectors)}.")
        self.codebook.copy_(vectors[torch.randperm(len(vectors), device=vectors.device)[:codes]])
        for _ in range(rounds):
            tokens = self._nearest(vectors)
            sums = torch.zeros_like(self.codebook).index_add_(0, tokens, vectors)
            counts = tokens.bincount(minlength=codes).float()[:, None]
            means = self._normalize(sums / counts.clamp_min(1))
            self.codebook.copy_(torch.where(counts > 0, means, self.codebook))
        self.counts.fill_(1.0)
        self.sums.copy_(self.codebook)
        self.ready.fill_(True)
        self._share()

    def _share(self) -> None:
        """Gives all processes the main one's codebook."""
        if process_count() > 1:
            for tensor in (self.codebook, self.counts, self.sums):
                dist.broadcast(tensor, 0)


def perplexity(tokens: Tensor, codes: int) -> tuple[int, float]:
    """(codes that occur, exponential of the entropy of their use)."""
    shares = tokens.flatten().bincount(minlength=codes).double()
    shares = shares[shares > 0] / shares.sum()
    return len(shares), float(torch.exp(-(shares * shares.log()).sum()))
