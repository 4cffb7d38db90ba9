"""Rival captions: what is changed, that held-out pairs stay out, and the loss that reads them."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from training.tests.test_transformer_training import ALONE, CONFIG, OPTIONS, Letters, token_set
from training.transformer.batches import Batches
from training.transformer.config import TransformerConfig
from training.transformer.loss import losses_with_rivals, token_losses
from training.transformer.model import Transformer
from training.transformer.rivals import LABEL_WEIGHTS, changed_scene, draw_rivals, rival_loss
from training.transformer.train import Run
from training.transformer.validation import Validation
from training.world.captions import Caption, stated_caption
from training.world.scene import Scene, sample_scene
from training.world.subsets import is_held_out_scene, subset_named

WIDE = replace(CONFIG, text_slots=90)


def batches(rivals: int) -> Batches:
    return Batches(WIDE, token_set(16), Letters(), stated_caption, 4, rivals=rivals)


@pytest.mark.parametrize("world", ["cpu", "full"])
@pytest.mark.parametrize("label", LABEL_WEIGHTS)
def test_one_label_changes_and_the_pair_is_a_trained_one(label: str, world: str) -> None:
    changed = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        scene = sample_scene(rng, "train", world)
        other = changed_scene(scene, label, rng)
        if other is None:
            continue
        changed += 1
        assert getattr(other, label) != getattr(scene, label)
        assert replace(other, **{label: getattr(scene, label)}) == scene
        if label != "direction":
            assert not is_held_out_scene(other)
            assert other.action in subset_named(world).actions_of(other.subject)
            assert other.place in subset_named(world).places_of(other.subject, other.action)
    assert changed > 15


def test_both_captions_are_worded_alike() -> None:
    scenes = [sample_scene(np.random.default_rng(seed)) for seed in range(60)]
    found = [
        draw_rivals(scene, stated_caption, np.random.default_rng(index))
        for index, scene in enumerate(scenes)
    ]
    pairs = [pair for pair in found if pair]
    assert len(pairs) >= 54
    assert all(pair.own.text != pair.rival for pair in pairs)
    swapped = {"left": "right", "right": "left", "左": "右", "右": "左"}
    same = [
        re.sub("left|right|左|右", lambda found: swapped[found[0]], pair.own.text) == pair.rival
        for pair in pairs
    ]
    assert sum(same) >= 4, "another direction changes the words for it and nothing else"


def test_the_loss_asks_for_the_likelier_own_caption() -> None:
    own, given = torch.tensor([10.0, 10.0]), torch.tensor([True, True])
    even = rival_loss(own, own, given)
    assert float(even) == pytest.approx(np.log(2))
    assert rival_loss(own, own + 5, given) < even < rival_loss(own, own - 5, given)
    assert float(rival_loss(own, own - 50, torch.tensor([False, False]))) == 0
    assert rival_loss(own, torch.tensor([10.0, 90.0]), torch.tensor([True, False])) == even


def test_rival_rows_are_the_first_clips_under_another_text() -> None:
    batch = batches(2).batch([3, 4, 5, 6], np.random.default_rng(1), 0.1, 2)
    assert batch.text.shape[0] == 4 and batch.rivals.shape == (2, batch.text.shape[1])
    assert (batch.rivals != batch.text[:2]).any(1).all()
    torch.manual_seed(1)
    model = Transformer(WIDE).eval()
    with torch.no_grad():
        own, rival = losses_with_rivals(model, batch)
        again = token_losses(
            model,
            replace(
                batch,
                text=batch.rivals,
                tokens=batch.tokens[:2],
                read=batch.read[:2],
                hints=batch.hints[:2],
                opening=batch.rival_opening,
            ),
        )
        torch.testing.assert_close(own, token_losses(model, batch), atol=2e-2, rtol=0)
    torch.testing.assert_close(rival, again, atol=2e-2, rtol=0)


def direction_only(scene: Scene, rng: np.random.Generator) -> Caption:
    return Caption(scene.direction, "en", frozenset({"direction"}))


def facing_clips(config: TransformerConfig) -> Batches:
    """Random clips whose very first token tells the direction: one bit among eighty tokens."""
    clips = token_set(64)
    clips.tokens[:, 0, 0] = [["left", "right", "toward"].index(s.direction) for s in clips.scenes]
    return Batches(config, clips, Letters(), direction_only, 4, rivals=2)


def test_training_with_rivals_teaches_the_caption(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLIPBOOK_DATA", str(tmp_path))

    def gap(weight: float) -> float:
        """Nats by which a wrong caption makes a clip less likely, after training."""
        options = replace(OPTIONS, steps=60, rivals=2, rival_weight=weight)
        batches = facing_clips(CONFIG)
        run = Run(ALONE, options, batches, Validation(batches))
        run.train()
        (run.folder / "checkpoint.pt").unlink()
        batch = batches.batch(list(range(32)), np.random.default_rng(7), 0.0, 32)
        given = (batch.rivals != CONFIG.pad_id).any(1)
        with torch.no_grad():
            own, rival = losses_with_rivals(run.model, batch)
        return float((rival - own).sum((1, 2))[given].mean())

    without, with_rivals = gap(0.0), gap(0.3)
    assert with_rivals > without + 0.4, (without, with_rivals)
