"""The report's statistics against closed forms and cases worked out by hand."""

import numpy as np
import pytest

from training.evaluation.labels import label_set, labels_of
from training.evaluation.metrics import (
    frechet_distance,
    inception_score,
    joint_shares,
    wilson_interval,
)
from training.evaluation.stage_progress import (
    completions,
    decoded_stages,
    is_complete,
    obeys_rate,
    progress_ratio,
    travel_per_frame,
)
from training.evaluation.steadiness import background_flicker, identity_agreement
from training.world.scene import sample_scene, stages
from training.world.subsets import subset_named


def test_wilson_interval_has_the_published_values() -> None:
    # Newcombe (1998), table I, method 3: 81 of 263 and 15 of 148.
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    low, high = wilson_interval(0, 20)
    assert low == 0 and high == pytest.approx(0.1611, abs=5e-5)
    with pytest.raises(ValueError, match="not a share"):
        wilson_interval(0, 0)


def test_frechet_distance_of_gaussians_is_the_closed_form() -> None:
    rng = np.random.default_rng(0)
    unit = rng.normal(size=(4000, 3))
    unit -= unit.mean(0)
    values, vectors = np.linalg.eigh(np.cov(unit, rowvar=False))
    white = unit @ vectors / np.sqrt(values)  # exactly zero mean and unit covariance
    scales, shift = np.array([2.0, 0.5, 3.0]), np.array([1.0, 0.0, -2.0])
    # Commuting covariances: |m|^2 + sum of (s1 - s2)^2.
    expected = (shift**2).sum() + ((scales - 1) ** 2).sum()
    assert frechet_distance(white, white * scales + shift) == pytest.approx(expected, rel=1e-9)
    assert frechet_distance(white, white) == pytest.approx(0, abs=1e-9)
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    turned = frechet_distance(white @ turn, (white * scales + shift) @ turn)
    assert turned == pytest.approx(expected, rel=1e-9)


def test_frechet_distance_works_with_fewer_clips_than_features() -> None:
    few = np.random.default_rng(1).normal(size=(5, 40))
    assert frechet_distance(few, few) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(few, few + 1) == pytest.approx(40, rel=1e-6)
    with pytest.raises(ValueError, match="at least 2"):
        frechet_distance(few[:1], few)


def test_inception_score_counts_sure_and_evenly_used_classes() -> None:
    assert inception_score(np.eye(7)) == pytest.approx(7)
    assert inception_score(np.full((5, 7), 1 / 7)) == pytest.approx(1)
    assert inception_score(np.tile([1.0, 0, 0], (4, 1))) == pytest.approx(1)
    pairs = joint_shares(np.eye(3)[[0, 1, 2, 0]], np.eye(2)[[0, 1, 0, 1]])
    assert pairs.shape == (4, 6)
    assert inception_score(pairs) == pytest.approx(4)


def test_completion_needs_every_stage_in_order_and_the_last_at_the_end() -> None:
    wanted = ("approach", "lower", "drink", "raise")
    assert is_complete(wanted, wanted)
    assert is_complete(("approach", "lower", "approach", "lower", "drink", "raise"), wanted)
    assert not is_complete(("approach", "lower", "raise"), wanted)
    assert not is_complete(("approach", "drink", "lower", "raise"), wanted)
    assert not is_complete(("approach", "lower", "drink", "raise", "drink"), wanted)
    assert not is_complete((), wanted)


def test_stages_are_decoded_frame_by_frame() -> None:
    labels = label_set()
    names = ["approach", "approach", "lower", "drink", "drink", "raise"]
    shares = np.full((6, len(labels.classes["stage"])), 0.01)
    shares[np.arange(6), [labels.index("stage", name) for name in names]] = 0.5
    assert decoded_stages(shares, labels) == ["approach", "lower", "drink", "raise"]
    walked = shares.copy()
    walked[:2, labels.index("stage", "walk")] = 0.6  # no stage of drinking
    both = [shares, shares, shares, shares, walked]
    found = completions(np.stack(both), ["drink", "eat", "walk", None, "drink"], labels)
    assert found[[0, 1, 4]].tolist() == [1, 0, 0] and np.isnan(found[2:4]).all()


@pytest.mark.parametrize("subset", ["cpu", "full"])
def test_every_scene_has_known_labels_and_its_own_stages_are_complete(subset: str) -> None:
    labels, rng = label_set(subset), np.random.default_rng(3)
    for split in ("train", "heldout"):
        for _ in range(100):
            scene = sample_scene(rng, split, subset)
            for field, name in labels_of(scene).items():
                assert labels.index(field, name) < len(labels.classes[field])
            line = [name.removesuffix("_again") for name, _, _ in stages(scene)]
            assert is_complete(line, labels.stage_lines[scene.action])
    assert set(labels.stage_lines) == set(subset_named(subset).actions)
    assert ("camera" in labels.fields) == (subset == "full")
    with pytest.raises(ValueError, match=r"place 'nowhere' is not one of meadow"):
        labels.index("place", "nowhere")


def test_progress_per_frame_halves_when_the_rate_doubles() -> None:
    ratios = progress_ratio(np.array([1.0, 1.0, 2.0, 1.0]), np.array([2.0, 1.1, 3.0, 4.1]))
    assert obeys_rate(ratios).tolist() == [True, False, True, False]
    boxes = np.zeros((1, 5, 4))
    boxes[0, :, 0] = [0.1, 0.2, 0.3, 0.35, 0.45]
    assert travel_per_frame(boxes) == pytest.approx([0.1])


def test_flicker_is_measured_outside_the_subject() -> None:
    clips = np.full((2, 3, 40, 40, 3), 100, np.uint8)
    boxes = np.tile(np.array([0.5, 0.5, 0.2, 0.2]), (2, 3, 1))
    clips[0, 1, 16:24, 16:24] = 255  # the subject moves, the rest stands still
    clips[1, 1] += 6
    assert background_flicker(clips, boxes) == pytest.approx([0, 6])
    boxes[..., 2:] = 1.0
    assert np.isnan(background_flicker(clips, boxes)).all()


def test_identity_is_the_share_of_the_commonest_subject() -> None:
    frames = np.eye(4)[[[1, 1, 2, 1], [3, 3, 3, 3]]]
    assert identity_agreement(frames).tolist() == [0.75, 1.0]
