"""The `cpu` subset changes on purpose alone: models are trained on its scenes, captions and pixels.

Whoever changes it on purpose changes the digest here, and builds token sets and evaluators anew.
"""

import hashlib
import json
from dataclasses import astuple

import numpy as np

from training.world.captions import (
    all_caption_words,
    caption,
    example_prompts,
    plain_caption,
    rate_words,
    stated_caption,
)
from training.world.catalog import GUESTS, SUBJECTS
from training.world.composite import render
from training.world.dataset import interpolation_times, key_frame_times
from training.world.phrases import GUEST_NOUNS, NOUNS
from training.world.scene import core_window, sample_guest_scene, sample_scene, stage_at, stages
from training.world.split import combinations
from training.world.subsets import is_held_out_scene
from training.world.synthetic import synthetic_world

SCENE_FIELDS = 7  # subject, action, place, layout, direction, speed, seed


def digest(*values):
    """Short hash of plain values; equal values give equal hashes on every machine."""
    text = json.dumps(values, ensure_ascii=False, default=list)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def scenes(count, split="train", seed=539):
    rng = np.random.default_rng(seed)
    return [sample_scene(rng, split) for _ in range(count)]


def test_scenes_and_split():
    drawn = [astuple(s)[:SCENE_FIELDS] for s in scenes(3000) + scenes(500, "heldout")]
    assert digest(drawn) == "97f86ff7f1cd7392"
    assert digest(combinations(False), combinations(True)) == "985067c0320f3716"


def test_time_lines_and_windows():
    rng = np.random.default_rng(1)
    lines = []
    for scene in scenes(800):
        at = [stage_at(scene, t) for t in (0.0, 0.7, 1.9, 3.3, 4.0)]
        windows = [key_frame_times(scene, rng), interpolation_times(scene, rng)]
        lines.append((stages(scene), core_window(scene), at, windows))
    assert digest(lines) == "4a798d71f1fbb80e"


def test_captions():
    rng = np.random.default_rng(2)
    texts = []
    for scene in scenes(2000) + scenes(300, "heldout"):
        said = stated_caption(scene, rng, held_out=len(texts) % 7 == 0)
        plain = [plain_caption(scene, language) for language in ("en", "zh")]
        texts.append((caption(scene, rng), said.text, sorted(said.states), *plain))
    assert digest(texts) == "e78ee116744729d4"


def test_words_and_examples():
    assert digest(all_caption_words(), example_prompts(), rate_words()) == "8b9b729bc39b5331"


def test_pixels():
    world = synthetic_world(96)
    total = hashlib.sha256()
    for scene in scenes(400):
        frames, masks = render(scene, [0.0, 0.9, 2.1, 3.4, 4.0], world)
        total.update(frames.tobytes() + masks.tobytes())
    assert total.hexdigest()[:16] == "98adcadf7f2eadbe"


def test_guests_do_what_their_kind_does_and_have_names_of_their_own() -> None:
    names = [name for noun in (*NOUNS.values(), *GUEST_NOUNS.values()) for name in noun.en]
    assert len(names) == len(set(names))
    assert not set(GUESTS) & set(SUBJECTS)
    rng = np.random.default_rng(0)
    scenes = [sample_guest_scene(rng) for _ in range(400)]
    assert {scene.subject for scene in scenes} == set(GUESTS)
    assert not any(is_held_out_scene(scene) for scene in scenes)
    assert not any(s.subject in ("man", "woman") and s.action == "cheer" for s in scenes)
    told = caption(scenes[0], rng, "en")
    assert any(name in told.lower() for name in GUEST_NOUNS[scenes[0].subject].en)
