"""Rendered labels, augmentation, and the evaluator's training, cache and scoring, on shapes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from training.evaluation.augmentation import augment
from training.evaluation.evaluator import (
    clips_to_tensor,
    evaluator_key,
    evaluator_path,
    load_evaluator,
)
from training.evaluation.evaluator_training import evaluator_loss, train_evaluator
from training.evaluation.labels import FIELDS, UNKNOWN, label_set
from training.evaluation.moved_ground import with_moved_ground
from training.evaluation.network import EvaluatorNetwork, NetworkConfig
from training.evaluation.rendered_clips import (
    render_clips,
    subject_boxes,
    training_clips,
    whole_clip_times,
)
from training.world.composite import render
from training.world.scene import Scene, sample_scene
from training.world.synthetic import synthetic_world
from training.world.synthetic_full import synthetic_full_world

SMALL = NetworkConfig(pixels=32, widths=(24, 32, 48), frame_features=64, features=32)
DRINK = Scene("lion", "drink", "lake", 0, "left", 1.0, 8)


def test_rendered_labels_say_what_the_scene_shows() -> None:
    labels = label_set()
    walk = replace(DRINK, action="walk", place="meadow", direction="right")
    clips = render_clips([DRINK, walk], [whole_clip_times(2)] * 2, synthetic_world(32), labels)
    assert clips.frames.shape == (2, 9, 32, 32, 3) and clips.rates.tolist() == [2, 2]
    names = [labels.name("action", i) for i in clips.labels["action"]]
    assert names == ["drink", "walk"]
    assert clips.labels["direction"].tolist() == [UNKNOWN, labels.index("direction", "right")]
    assert [labels.name("stage", i) for i in clips.stages[0]] == [
        *["approach"] * 3, "lower", *["drink"] * 3, "raise", "raise",
    ]  # fmt: skip
    assert (np.diff(clips.boxes[1, :, 0]) > 0).all(), "a subject walking right moves right"


def test_boxes_enclose_the_mask() -> None:
    masks = np.zeros((2, 20, 40), bool)[:, :, :20]
    masks[0, 5:10, 2:8] = True
    boxes, visible = subject_boxes(masks)
    assert boxes[0] == pytest.approx([0.25, 0.375, 0.3, 0.25])
    assert visible.tolist() == [True, False]


def test_training_windows_are_whole_clips_and_shorter_ones() -> None:
    rng, shapes = np.random.default_rng(0), set()
    for _ in range(12):
        clips = training_clips(rng, 2, synthetic_world(32), label_set())
        shapes |= {(clips.frames.shape[1], float(rate)) for rate in clips.rates}
    assert {(9, 2.0), (5, 1.0), (5, 2.0), (5, 4.0)} == shapes


def test_the_ground_is_moved_under_all_but_drinkers() -> None:
    world, rng = synthetic_world(96), np.random.default_rng(2)
    walk = replace(DRINK, action="walk", place="meadow", direction="right")
    rows: dict[str, set[int]] = {"walk": set(), "drink": set()}
    for _ in range(40):
        moved = with_moved_ground(world, rng)
        for scene in (walk, DRINK):
            masks = render(scene, [2.5], moved)[1]
            rows[scene.action].add(int(np.flatnonzero(masks[0].any(1))[-1]))
    assert len(rows["walk"]) == 5 and max(rows["walk"]) - min(rows["walk"]) == 16
    assert len(rows["drink"]) == 1


def test_clips_of_the_full_world_have_more_labels() -> None:
    labels, rng = label_set("full"), np.random.default_rng(1)
    clips = training_clips(rng, 6, synthetic_full_world(32), labels)
    assert {"weather", "camera"} <= set(clips.labels)
    network = EvaluatorNetwork(SMALL, labels)
    terms = evaluator_loss(network(clips_to_tensor(clips.frames, 32)), clips)
    assert torch.isfinite(sum(terms.values(), torch.zeros(()))) and "camera" in terms


def test_augmentation_keeps_the_picture_recognisable() -> None:
    frames = render_clips([DRINK], [whole_clip_times(1)], synthetic_world(96), label_set()).frames
    clips = clips_to_tensor(frames, 96)
    noise = torch.Generator().manual_seed(3)
    changed = [augment(clips, noise) for _ in range(8)]
    for other in changed:
        assert other.shape == clips.shape and other.min() >= 0 and other.max() <= 1
        assert 0.001 < (other - clips).abs().mean() < 0.2
    assert not torch.equal(changed[0], changed[1])


def test_an_evaluator_learns_and_is_cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLIPBOOK_DATA", str(tmp_path))
    torch.set_num_threads(1)
    world = synthetic_world(32)
    trained = train_evaluator(world, SMALL, minutes=None, steps=120, test_clips=40)
    again = load_evaluator(evaluator_path(evaluator_key(world, SMALL)))
    assert again.accuracies == trained.accuracies
    # Minutes make it good; 120 steps must already beat chance (1 in 9) by far.
    assert trained.accuracies["seen"]["place"]["share"] > 0.5
    assert {n: f.shape for n, f in again.reference.items()} == {9: (80, 32), 5: (80, 32)}
    rng = np.random.default_rng(5)
    scenes = [sample_scene(rng) for _ in range(3)]
    clips = render_clips(scenes, [whole_clip_times(2)] * 3, world, trained.labels).frames
    found, other = trained.score(clips), again.score(clips)
    assert found.fields["action"].shape == (3, 14) and found.stages.shape == (3, 9, 20)
    for field in FIELDS:
        assert found.fields[field].sum(1) == pytest.approx(1, abs=1e-5)
        assert np.array_equal(found.fields[field], other.fields[field])
    assert trained.score(clips[:, :1, ::2, ::2]).boxes.shape == (3, 1, 4)
    with pytest.raises(ValueError, match="uint8"):
        trained.score(clips.astype(np.float32))
    with pytest.raises(ValueError, match="nothing to score"):
        trained.score(clips[:0])


def test_the_key_follows_the_pixels_and_the_network() -> None:
    world = synthetic_world(32)
    key = evaluator_key(world, SMALL)
    assert key == evaluator_key(world, SMALL)
    assert key != evaluator_key(world, replace(SMALL, features=20))
    darker = {
        place: [replace(plate, image=plate.image // 2) for plate in plates]
        for place, plates in world.plates.items()
    }
    assert key != evaluator_key(replace(world, plates=darker), SMALL)


def test_unknown_labels_do_not_train() -> None:
    labels = label_set()
    network = EvaluatorNetwork(SMALL, labels)
    clips = render_clips([DRINK], [whole_clip_times(1)], synthetic_world(32), labels)
    terms = evaluator_loss(network(clips_to_tensor(clips.frames, 32)), clips)
    assert "direction" not in terms and {"subject", "action", "stage", "box"} <= set(terms)
    assert all(torch.isfinite(term) for term in terms.values())
