"""Trains the evaluator on fresh real renders, never on what a model drew."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from training.common.budget import Budget, linear_decay
from training.common.muon import make_optimizer, scale_learning_rate
from training.common.progress import Progress
from training.evaluation.accuracy import measure_on_renders
from training.evaluation.augmentation import augment
from training.evaluation.evaluator import (
    Evaluator,
    clips_to_tensor,
    evaluator_key,
    evaluator_path,
    load_evaluator,
    save_evaluator,
)
from training.evaluation.labels import UNKNOWN, LabelSet, label_set
from training.evaluation.network import EvaluatorNetwork, NetworkConfig, Scores
from training.evaluation.rendered_clips import RenderedClips, training_clips
from training.world.atlas import World

CLIPS_PER_STEP = 16
_MUON_RATE, _ADAM_RATE = 6e-3, 2e-3
# What the report rests on most weighs most; places and times are learned at once.
_WEIGHTS = {"subject": 1.0, "action": 1.5, "place": 0.5, "colour": 0.3, "time": 0.2}
_STAGE_WEIGHT, _FRAME_SUBJECT_WEIGHT, _BOX_WEIGHT, _RATE_WEIGHT = 1.5, 0.5, 5.0, 0.3
_CONTINUED = 0.5  # of the learning rates, where a cached evaluator is trained further


def evaluator_loss(scores: Scores, truth: RenderedClips) -> dict[str, Tensor]:
    """Weighted terms of the loss; clips and frames without a label do not count."""
    terms = {}
    for field, classes in truth.labels.items():
        wanted = torch.from_numpy(classes)
        if (wanted != UNKNOWN).any():
            term = functional.cross_entropy(scores.fields[field], wanted, ignore_index=UNKNOWN)
            terms[field] = _WEIGHTS.get(field, 0.5) * term
    stages = torch.from_numpy(truth.stages)
    terms["stage"] = _STAGE_WEIGHT * functional.cross_entropy(
        scores.stages.flatten(0, 1), stages.flatten()
    )
    visible = torch.from_numpy(truth.visible)
    if visible.any():
        subjects = torch.from_numpy(truth.labels["subject"])[:, None].expand_as(visible)[visible]
        term = functional.cross_entropy(scores.subjects[visible], subjects)
        terms["frame"] = _FRAME_SUBJECT_WEIGHT * term
        boxes = torch.from_numpy(truth.boxes)[visible]
        terms["box"] = _BOX_WEIGHT * functional.l1_loss(scores.boxes[visible], boxes)
    rates = torch.from_numpy(truth.rates).log2()
    terms["rate"] = _RATE_WEIGHT * functional.smooth_l1_loss(scores.rate, rates)
    return terms


def train_network(
    network: EvaluatorNetwork,
    labels: LabelSet,
    world: World,
    budget: Budget,
    seed: int = 0,
    highest: float = 1.0,
) -> EvaluatorNetwork:
    """Trains in place until the budget is spent; every batch is rendered anew.

    The learning rates fall from `highest` times the usual ones to zero.
    """
    rng = np.random.default_rng([seed, 1])
    noise = torch.Generator().manual_seed(seed)
    optimizer = make_optimizer(
        network, _MUON_RATE, _ADAM_RATE, 0.01, use_muon=lambda name, _: "head" not in name
    )
    progress = Progress(budget, "clips")
    network.train().to(memory_format=torch.channels_last)
    while budget.share < 1:
        truth = training_clips(rng, CLIPS_PER_STEP, world, labels)
        clips = augment(clips_to_tensor(truth.frames, network.pixels), noise)
        with torch.autocast("cpu", torch.bfloat16):
            scores = network(clips)
        terms = evaluator_loss(scores, truth)
        optimizer.zero_grad()
        sum(terms.values(), torch.zeros(())).backward()
        scale_learning_rate(optimizer, highest * linear_decay(budget.share, warmup=0.02))
        optimizer.step()
        budget.step += 1
        progress.update(terms, CLIPS_PER_STEP)
    progress.print_line()
    return network.eval().requires_grad_(False)


def train_evaluator(
    world: World,
    config: NetworkConfig,
    minutes: float | None,
    steps: int | None = None,
    test_clips: int = 600,
    subset: str = "cpu",
) -> Evaluator:
    """Trains an evaluator of this world, or the cached one further, and caches it.

    Its accuracies are measured on `test_clips` renders of each side of the split, of unseen seeds.
    """
    labels, key = label_set(subset), evaluator_key(world, config, subset)
    path = evaluator_path(key)
    if path.exists():
        network = load_evaluator(path).network.requires_grad_(True)
        # Other batches than before, and no leap away from what is learned.
        seed, highest = path.stat().st_mtime_ns % 2**32, _CONTINUED
    else:
        seed, highest = 0, 1.0
        torch.manual_seed(0)
        network = EvaluatorNetwork(config, labels)
    train_network(network, labels, world, Budget(minutes=minutes, steps=steps), seed, highest)
    measured = measure_on_renders(Evaluator(network, labels, key, {}, {}), world, test_clips)
    evaluator = Evaluator(network, labels, key, measured.accuracies, measured.features)
    save_evaluator(evaluator, config, path)
    return evaluator
