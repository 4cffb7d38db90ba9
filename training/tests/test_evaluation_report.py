"""The evaluation of the micro package from end to end, and the command's refusals."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from training import evaluate as command
from training.evaluation.clip_figures import score_clips
from training.evaluation.clip_sampler import ClipSampler, Settings
from training.evaluation.evaluation import Evaluation, evaluate
from training.evaluation.evaluator import Evaluator
from training.evaluation.labels import label_set
from training.evaluation.network import EvaluatorNetwork, NetworkConfig
from training.evaluation.package import open_package
from training.evaluation.pictures import decoded, encoded, real_clips
from training.evaluation.prompts import default_prompts
from training.evaluation.report import report_json, report_tables
from training.evaluation.verdict_sheet import verdict, verdict_sheet
from training.export_onnx import DEFAULT_FOLDERS
from training.world.synthetic import synthetic_world

FIXTURE = DEFAULT_FOLDERS["micro"]
SMALL = NetworkConfig(pixels=32, widths=(8, 12, 16), frame_features=16, features=8)


@pytest.fixture(scope="module")
def evaluator() -> Evaluator:
    """Untrained: its verdicts are arbitrary, but the same for the same pictures."""
    torch.manual_seed(1)
    labels = label_set()
    network = EvaluatorNetwork(SMALL, labels).eval()
    features = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
    return Evaluator(network, labels, "untrained", {}, {9: features, 5: features})


@pytest.fixture(scope="module")
def sampler() -> ClipSampler:
    package = open_package(FIXTURE)
    return ClipSampler(package, Settings.of_manifest(package.manifest))


@pytest.fixture(scope="module")
def evaluation(evaluator: Evaluator, sampler: ClipSampler) -> Evaluation:
    prompts = default_prompts(8, seed=0)
    return evaluate(evaluator, sampler, synthetic_world(32), prompts, rounds=1, rate_clips=2)


def test_every_source_is_measured_for_every_group(evaluation: Evaluation) -> None:
    assert list(evaluation.sources) == ["real", "reconstructed", "generated", "shuffled"]
    for groups in evaluation.sources.values():
        assert groups["all"]["subject"]["n"] == groups["all"]["clips"]
        assert list(groups) == ["all", "seen", "held-out", "en", "zh"]
    # Both languages share one real clip.
    real = evaluation.sources["real"]
    assert real["all"]["clips"] == real["en"]["clips"] == real["zh"]["clips"] == 4
    generated = evaluation.sources["generated"]
    assert generated["all"]["clips"] == 8 and generated["zh"]["clips"] == 4
    shares = [generated[split]["subject"] for split in ("seen", "held-out")]
    together = sum(found["share"] * found["n"] for found in shares) / 8
    assert generated["all"]["subject"]["share"] == pytest.approx(together)
    assert evaluation.languages is not None and evaluation.languages["scenes"] == 4
    assert evaluation.rates is not None
    assert set(evaluation.rates) == {"real", "reconstructed", "generated"}
    assert evaluation.tokens.shape == (8, 9, 16)


def test_lines_of_clips_agree_with_the_figures(evaluation: Evaluation) -> None:
    right = [line["seen"]["subject"] == line["asked"]["subject"] for line in evaluation.clips]
    figure = evaluation.sources["generated"]["all"]["subject"]
    assert figure["share"] == pytest.approx(np.mean(right))


def test_reports_hold_what_was_measured_and_with_what(
    evaluation: Evaluation, evaluator: Evaluator, sampler: ClipSampler
) -> None:
    report = report_json(evaluation, evaluator, sampler.package, sampler.settings, {"seed": 0})
    again = json.loads(json.dumps(report, allow_nan=False))
    assert again["package"]["id"] == "micro" and "storyboard" in again["package"]["graphs"]
    assert again["settings"]["guidance"] == sampler.manifest["sampling"]["guidance"]
    tables = report_tables(again)
    for text in ("== all clips", "== held-out clips", "Chinese minus English", "frame rate"):
        assert text in tables


def test_the_sheet_shows_clips_and_what_was_seen_otherwise(
    evaluation: Evaluation, sampler: ClipSampler
) -> None:
    sheet = verdict_sheet(sampler.package, evaluation, most=2)
    assert sheet.width > 2 * 5 * 32 and sheet.height > 32
    line = {"prompt": "a lion sits", "asked": {"subject": "lion"}, "complete": True}
    assert verdict({**line, "seen": {"subject": "lion"}}) == "a lion sits · ok"
    wrong = verdict({**line, "seen": {"subject": "fox"}, "complete": False})
    assert wrong == "a lion sits · seen subject fox, stages missing"


def test_real_clips_and_their_reconstructions_have_the_packages_size(
    evaluator: Evaluator, sampler: ClipSampler
) -> None:
    scenes = [p.scene for p in default_prompts(4, seed=1)[::2] if p.scene is not None]
    clips = real_clips(scenes, [1, 2], 9, synthetic_world(32))
    assert clips.shape == (2, 9, 32, 32, 3)
    copies = decoded(sampler.package, encoded(sampler.package, clips))
    assert copies.shape == clips.shape and copies.dtype == np.uint8
    still = np.repeat(clips[:, :1], 9, axis=1)
    assert np.nan_to_num(score_clips(evaluator, still).flicker).max() == 0
    assert (score_clips(evaluator, still).identity == 1).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--package", "{tmp}/none"], "there is no"),
        (["--package", "{micro}", "--rounds", "9"], "--rounds must be 0 to"),
        (["--package", "{micro}", "--n", "3"], "must be even"),
        (["--package", "{micro}", "--prompts", "{tmp}/wrong.json"], "field place is 'moon'"),
    ],
)
def test_the_command_refuses_wrong_input_before_it_draws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    wrong = [{"prompt": "a lion on the moon", "place": "moon"}]
    (tmp_path / "wrong.json").write_text(json.dumps(wrong), encoding="utf-8")
    filled = [text.format(tmp=tmp_path, micro=FIXTURE) for text in arguments]
    monkeypatch.setattr(sys, "argv", ["evaluate", *filled, "--json", str(tmp_path / "out.json")])
    with pytest.raises(SystemExit) as caught:
        command.main()
    assert message in str(caught.value)
    assert not (tmp_path / "out.json").exists()
