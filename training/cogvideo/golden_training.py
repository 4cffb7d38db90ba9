"""The training graph against a golden set: outputs, residual stream, losses and gradients."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from training.cogvideo.golden_block import LOGIT_LIMITS, check_block
from training.cogvideo.golden_case import GoldenCase, largest_difference
from training.cogvideo.golden_layout import loss_mask
from training.cogvideo.golden_stage import GoldenStage
from training.cogvideo.transformer_weights import tensor_sources
from training.transformer.fused import CrossEntropy
from training.transformer.loss import weighted_mean

LOSS_LIMIT = 1e-5  # nats
GRADIENT_LIMIT = 1e-5  # of the gradient's own size


def check_training(stage: GoldenStage) -> Iterator[GoldenCase]:
    """Every case through the full-sequence graph, both channels, and first-frame mode if there."""
    for case in stage.cases:
        yield from _check_case(stage, case)
        if f"case{case}.ff_b0.logits" in stage.io:
            yield from _check_first_frame(stage, case)
    if "grad.case" in stage.io:
        yield from check_gradients(stage)


@torch.no_grad()
def _check_case(stage: GoldenStage, case: int) -> Iterator[GoldenCase]:
    io, name = stage.io, f"{stage.title}, case {case}: training graph"
    text, frames = stage.texts([stage.text(case)]), stage.frames([case])
    stream: list[Tensor] = []
    hooks = [stage.model.layers[0].register_forward_pre_hook(lambda _, x: stream.append(x[0]))]
    for layer in stage.model.layers:
        hooks.append(layer.register_forward_hook(lambda _, x, out: stream.append(out)))
    try:
        rows = stage.model.all_hidden(text, frames, None)[0]
    finally:
        for hook in hooks:
            hook.remove()
    length, pos = text.shape[1], io[f"case{case}.pos"]
    found = length + pos[:, 0] * stage.model.config.cells + pos[:, 1]
    image = rows[length:].view(*frames.shape[1:], -1)
    hidden = rows[found]
    logits = stage.model.logits(hidden, None)
    yield from check_block(name, "torch", io, f"case{case}.train", logits.numpy(), hidden.numpy())
    expected = {
        "text_hidden": rows[:length],
        "layer_hidden": torch.stack([x[0][found] for x in stream]),
        "layer_text_hidden": torch.stack([x[0][:length] for x in stream]),
    }
    for key, value in expected.items():
        if f"case{case}.train.{key}" in io:
            difference = largest_difference(value.numpy(), io[f"case{case}.train.{key}"])
            title = f"{name}, {key.replace('_', ' ')}"
            yield GoldenCase(title, "torch", difference, LOGIT_LIMITS["torch"], "hidden unit")
    yield from _check_losses(stage, case, token_losses(stage, image, frames))


def token_losses(stage: GoldenStage, hidden: Tensor, frames: Tensor) -> Tensor:
    """Cross-entropy of every token in nats [5, C], frame by frame, from hidden [5, C, width]."""
    rows = [
        CrossEntropy.apply(stage.model.logits(frame, None), tokens)
        for frame, tokens in zip(hidden, frames[0], strict=True)
    ]
    return torch.stack(rows)


def _check_losses(stage: GoldenStage, case: int, losses: Tensor) -> Iterator[GoldenCase]:
    io, name = stage.io, f"{stage.title}, case {case}: training graph"
    slots, cells = io[f"case{case}.pos"].T
    weights = torch.from_numpy(loss_mask(stage, io[f"case{case}.frames"])).float()
    found = {
        "loss": weighted_mean(losses, weights).numpy(),
        "loss_per_frame": losses.mean(-1).numpy(),
        "token_loss": losses.numpy()[slots, cells],
    }
    for key, value in found.items():
        difference = largest_difference(value, io[f"case{case}.train.{key}"])
        title = f"{name}, {key.replace('_', ' ')}"
        yield GoldenCase(title, "torch", difference, LOSS_LIMIT, "nat")


@torch.no_grad()
def _check_first_frame(stage: GoldenStage, case: int) -> Iterator[GoldenCase]:
    """Frame 0 without the temporal channel and without text boost."""
    cells = stage.io[f"case{case}.ff.cells"]
    text, frames = stage.texts([stage.text(case)]), stage.frames([case])
    hidden = stage.model(text, frames, None, base_only=True)[0, 0, cells]
    logits = stage.model.logits(hidden, None).numpy()
    name = f"{stage.title}, case {case}: first frame, whole"
    yield from check_block(name, "torch", stage.io, f"case{case}.ff_b0", logits, hidden.numpy())


def check_gradients(stage: GoldenStage) -> Iterator[GoldenCase]:
    """Gradients of the case's loss by all tensors that CogVideo trains (`mixins.*`)."""
    io, case = stage.io, int(stage.io["grad.case"])
    sources = [s for s in tensor_sources(stage.config) if s.tensor.startswith("mixins.")]
    parameters = [stage.model.get_parameter(source.parameter) for source in sources]
    text, frames = stage.texts([stage.text(case)]), stage.frames([case])
    weights = torch.from_numpy(loss_mask(stage, io[f"case{case}.frames"])).float()
    for parameter in parameters:
        parameter.requires_grad_(True)
    try:
        hidden = stage.model(text, frames, None)[0]
        loss = weighted_mean(token_losses(stage, hidden, frames), weights)
        gradients = torch.autograd.grad(loss, parameters)
    finally:
        stage.model.requires_grad_(False)
    name = f"{stage.title}, case {case}: gradients"
    norms = [
        _relative(torch.linalg.vector_norm(gradient).numpy(), io[f"gradnorm.{source.tensor}"])
        for source, gradient in zip(sources, gradients, strict=True)
    ]
    yield GoldenCase(f"{name}, norms", "torch", max(norms), GRADIENT_LIMIT, "of the norm")
    whole = [
        _relative(gradient.numpy(), io[f"grad.{source.tensor}"])
        for source, gradient in zip(sources, gradients, strict=True)
        if f"grad.{source.tensor}" in io
    ]
    title = f"{name}, mixing vectors"
    yield GoldenCase(title, "torch", max(whole), GRADIENT_LIMIT, "of the largest")


def _relative(found: np.ndarray, expected: np.ndarray) -> float:
    return largest_difference(found, expected) / float(np.abs(expected).max())
