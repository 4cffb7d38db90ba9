"""Rival captions: a clip's own caption with one thing changed, for telling right from wrong ones.

Which of two directions a clip shows is worth ln 2 nats of its hundreds to a model that knows the
caption, so likelihood alone teaches it to read last. Asked which of two captions a clip belongs to,
it has to read at once. The better of the two must be the own one under the true distribution as
well, so the two losses have the same optimum (a generative classifier by Bayes' rule with equal
priors).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch.nn.functional as F
from torch import Tensor
from training.world.captions import Caption
from training.world.scene import Scene
from training.world.subsets import is_held_out_scene, subset_named

# How often each label is the first choice of what is changed. Most scenes have no direction that a
# caption would name.
LABEL_WEIGHTS = {"direction": 0.3, "action": 0.3, "subject": 0.2, "place": 0.2}
TEMPERATURE = 3.0
"""Nats: the loss goes on until the right caption is some multiples of this likelier."""
_OPPOSITE = {"left": "right", "right": "left"}
_TRIES = 8  # captions drawn until one names what is changed


@dataclass(frozen=True)
class Rivals:
    """A caption of a clip and one that is wrong in one label."""

    own: Caption
    rival: str
    scene: Scene  # that the rival tells


def changed_scene(scene: Scene, label: str, rng: np.random.Generator) -> Scene | None:
    """The scene with another value of `label` that its world allows and trains; None if none."""
    world = subset_named(scene.world)
    if label == "direction":
        other = _OPPOSITE.get(scene.direction)
        return replace(scene, direction=other) if other else None
    if label == "subject":
        values = [s for s in world.subjects if scene.action in world.actions_of(s)
                  and scene.place in world.places_of(s, scene.action)]  # fmt: skip
    elif label == "action":
        values = [a for a in world.actions_of(scene.subject)
                  if scene.place in world.places_of(scene.subject, a)]  # fmt: skip
    else:
        values = list(world.places_of(scene.subject, scene.action))
    others = [
        other
        for value in values
        if value != getattr(scene, label)
        and not is_held_out_scene(other := replace(scene, **{label: value}))
    ]
    return others[int(rng.integers(len(others)))] if others else None


def draw_rivals(
    scene: Scene, caption: Callable[[Scene, np.random.Generator], Caption], rng: np.random.Generator
) -> Rivals | None:
    """Both captions are drawn alike; None when none was found that names the changed thing."""
    labels, weights = list(LABEL_WEIGHTS), list(LABEL_WEIGHTS.values())
    for place in rng.choice(len(labels), len(labels), replace=False, p=weights):
        other = changed_scene(scene, labels[place], rng)
        for _ in range(_TRIES if other else 0):
            seed = int(rng.integers(2**31))
            own = caption(scene, np.random.default_rng(seed))
            rival = caption(other, np.random.default_rng(seed))
            if labels[place] in own.states and rival.text != own.text:
                return Rivals(own, rival.text, other)
    return None


def rival_loss(own: Tensor, rival: Tensor, given: Tensor) -> Tensor:
    """-log of the probability that the own caption is the right one, at TEMPERATURE.

    own, rival: nats of the clips under both captions [R]; given: bool [R], False where a clip has
    no rival. The mean over the given ones, 0 if there are none.
    """
    losses = F.softplus((own - rival) / TEMPERATURE)
    return (losses * given).sum() / given.sum().clamp_min(1)
