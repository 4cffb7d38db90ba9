"""The study from end to end at toy size, and what its figures rest on."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from training.evaluation.evaluator import Evaluator
from training.evaluation.labels import label_set
from training.evaluation.network import EvaluatorNetwork, NetworkConfig
from training.study.generate import (
    draw_tokens,
    fill_window,
    hierarchical_clips,
    sliding_clips,
    text_sources,
)
from training.study.judge import Judged, figures
from training.study.models import VARIANTS, make_model, make_networks
from training.study.prepare import Material
from training.study.rows import all_rows
from training.study.settings import Settings
from training.study.sheet import study_sheet
from training.study.study import Study
from training.study.subworld import CLIP_FRAMES, contains, prompt_scenes
from training.study.train_variant import phases_of
from training.study.windows import cut_windows
from training.transformer.sample import Sampling
from training.transformer.sheet import draw_rows
from training.world.split import is_held_out
from training.world.synthetic import synthetic_world

SETTINGS = Settings(
    pixels=16, codes=16, vqvae_steps=6, vqvae_pool=60, captions=300, train_clips=10,
    validation_clips=4, layers=2, hidden=32, batch=4, minutes=0.01, prompts=4,
    real_clips=6, guidance_sweep=(1.0, 2.0),
)  # fmt: skip


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    torch.manual_seed(0)
    labels = label_set()
    config = NetworkConfig(pixels=32, widths=(8, 8, 16), frame_features=16, features=8)
    network = EvaluatorNetwork(config, labels)
    evaluator = Evaluator(network.eval().requires_grad_(False), labels, "untrained", {}, {})
    made = Study(tmp_path_factory.mktemp("study"), SETTINGS, synthetic_world(16), evaluator)
    made.run(range(1))
    return made


@pytest.fixture(scope="module")
def material(study: Study) -> Material:
    return study.material()


def test_a_study_ends_with_all_rows_in_both_files(study: Study) -> None:
    found = json.loads((study.folder / "study.json").read_text())
    rows = [(row["variant"], row["guidance"], row["overlap"]) for row in found["rows"]]
    assert rows == [(row.variant, row.guidance, row.overlap) for row in all_rows(SETTINGS)]
    assert len(rows) == 7
    assert {run["variant"] for run in found["runs"]} == set(VARIANTS)
    text = (study.folder / "study.md").read_text()
    assert text.count("| real renders |") == 1 and "VideoGPT-style" in text
    compared = text[: text.index("## Guidance scale")]
    assert compared.count("| video GAN (TGANv2-style), whole clips (1 seed) |") == 1
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in table[:8]}) == 1


def test_a_second_start_trains_nothing_and_tells_other_settings_apart(study: Study) -> None:
    files = sorted(study.folder.rglob("*.pt")) + sorted(study.folder.rglob("*.npz"))
    before = [file.stat().st_mtime_ns for file in files]
    again = Study(study.folder, SETTINGS, study.world, study.evaluator)
    again.run(range(1))
    assert [file.stat().st_mtime_ns for file in files] == before
    with pytest.raises(ValueError, match=r"minutes 0.01, now 2.*another folder"):
        Study(study.folder, replace(SETTINGS, minutes=2), study.world, study.evaluator)
    other = replace(study.evaluator, key="another")
    with pytest.raises(ValueError, match="judged by evaluator untrained, now it is another"):
        Study(study.folder, SETTINGS, study.world, other)


def test_a_sheet_has_a_line_for_the_renders_and_for_every_row(study: Study) -> None:
    sheet = study_sheet(study.folder, study.world, prompts=2, seed=0)
    lines = 1 + len(VARIANTS)
    one = draw_rows([np.zeros((9, 16, 16, 3), np.uint8)], [""])
    assert sheet.size == (2 * one.width, lines * one.height)


def test_all_variants_have_equal_parameters_and_time(material: Material) -> None:
    sizes = [make_model(v, SETTINGS, material).parameters for v in VARIANTS]
    assert max(sizes) / min(sizes) < 1.01
    for variant in VARIANTS:
        seconds = sum(phase.seconds for phase in phases_of(variant, SETTINGS))
        assert seconds == pytest.approx(60 * SETTINGS.minutes)
    assert phases_of("hierarchical", SETTINGS)[0].images


def test_windows_are_cut_at_the_right_moments(material: Material) -> None:
    # Tokens that are their own frame number show where a window was cut.
    numbers = np.arange(CLIP_FRAMES, dtype=np.uint16)[None, :, None]
    clips = replace(material.train, tokens=np.broadcast_to(numbers, (10, CLIP_FRAMES, 4)))
    rng = np.random.default_rng(0)
    steps = {"4.0秒": 8, "2.0秒": 4, "1.0秒": 2, "0.5秒": 1}
    for kind, texts in (
        ("key", {"4.0秒", "2.0秒", "1.0秒"}),
        ("interpolation", {"2.0秒", "1.0秒", "0.5秒"}),
        ("dense", {"0.5秒"}),
    ):
        seen = set()
        for _ in range(8):
            cut = cut_windows(clips, np.arange(10), kind, rng)
            seen |= set(cut.durations)
            for tokens, text in zip(cut.tokens[..., 0].astype(int), cut.durations, strict=True):
                assert np.array_equal(np.diff(tokens), [steps[text]] * 4)
        assert seen == texts


@pytest.mark.parametrize("overlap", [1, 2])
def test_sliding_windows_go_on_from_what_was_drawn(material: Material, overlap: int) -> None:
    networks = make_networks("one-stage", SETTINGS, material)
    texts = text_sources(networks.keyframes, material, ["a lion walks", "a zebra walks"])
    greedy = Sampling(guidance=1, temperature=1e-4, top_k=1)
    clip = sliding_clips(networks, *texts, overlap, greedy, seed=0)
    assert clip.shape == (2, CLIP_FRAMES, 4)
    # A window drawn by itself after the same frames goes on in the same way.
    window = torch.zeros(2, 5, 4, dtype=torch.long)
    window[:, :overlap] = clip[:, 5 - overlap : 5]
    rows = texts[0](8), texts[1](8)
    given, wanted = tuple(range(overlap)), tuple(range(overlap, 5))
    fill_window(networks.keyframes, rows, window, given, wanted, greedy, torch.Generator())
    assert torch.equal(window[:, overlap:], clip[:, 5 : 10 - overlap])
    with pytest.raises(ValueError, match="overlap by 1 to 4"):
        sliding_clips(networks, *texts, 5, greedy, seed=0)


def test_interpolation_keeps_the_key_frames(material: Material) -> None:
    networks = make_networks("hierarchical", SETTINGS, material)
    texts = text_sources(networks.keyframes, material, ["a lion walks"] * 3)
    sampling = Sampling(guidance=2, temperature=0.8, top_k=4)
    clips = hierarchical_clips(networks, *texts, sampling, 1, rounds=3)
    assert clips.shape == (3, CLIP_FRAMES, 4)
    assert torch.equal(clips, hierarchical_clips(networks, *texts, sampling, 1, rounds=3))
    # The random numbers of the key frames come first: a second stage of other weights changes
    # only what lies between them.
    torch.manual_seed(8)
    other = replace(networks, interpolation=make_networks("hierarchical", SETTINGS, material)
                    .interpolation)  # fmt: skip
    others = hierarchical_clips(other, *texts, sampling, 1, rounds=3)
    assert torch.equal(clips[:, ::8], others[:, ::8])
    assert not torch.equal(clips, others)


def test_tokens_are_drawn_in_proportion_from_the_likeliest() -> None:
    logits = torch.log(torch.tensor([[0.1, 0.2, 0.3, 0.4]])).expand(20_000, -1)
    generator = torch.Generator().manual_seed(0)
    drawn = draw_tokens(logits, Sampling(temperature=1.0, top_k=2), generator)
    counts = drawn.bincount(minlength=4) / len(drawn)
    torch.testing.assert_close(counts, torch.tensor([0, 0, 3 / 7, 4 / 7]), atol=0.02, rtol=0)


def test_prompts_alternate_between_trained_and_held_out_pairs() -> None:
    scenes = prompt_scenes(12, 3)
    assert all(map(contains, scenes))
    held_out = [is_held_out(s.subject, s.action, s.place) for s in scenes]
    assert held_out == [False, True] * 6


def test_figures_of_known_clips() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(4, 3)).astype(np.float32)
    right = {name: np.array([1.0, 0, 1, 1]) for name in ("subject", "action", "place", "all")}
    right["direction"] = np.array([1.0, np.nan, 0, np.nan])
    sure = np.eye(4, dtype=np.float32)
    judged = Judged(
        right, np.array([1, 1, np.nan, 0]), np.array([2.0, 4, np.nan, 3]), features, sure, sure
    )
    found = figures(judged, features)
    assert found["frechet"] == pytest.approx(0, abs=1e-5)
    assert found["inception"] == pytest.approx(4, rel=1e-4)
    assert found["completion"] == pytest.approx(2 / 3)
    assert found["direction"] == 0.5 and found["all"] == 0.75
    assert found["all, held-out"] == 0.5  # clips 1 and 3
    assert found["complete and right"] == pytest.approx(1 / 3)  # clip 1 shows another subject
