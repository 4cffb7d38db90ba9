"""The batched sampler draws the golden clips of the micro package, alone and in a batch."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest

from training.evaluation.clip_sampler import ClipSampler, Settings, Wish
from training.evaluation.drawn_clips import DrawnClips
from training.evaluation.package import STORYBOARD, PackageError, open_package
from training.export.masked_fixture import FOLDER as MASKED
from training.export.storyboard_graph import build_storyboard_graph
from training.export_onnx import DEFAULT_FOLDERS
from training.storyboard.planner import Planner, PlannerConfig
from training.verify_export import GOLDEN

FIXTURE = DEFAULT_FOLDERS["micro"]
CLIPS = json.loads((GOLDEN / "clips.json").read_text(encoding="utf-8"))["clips"]


def _sampler(clip: dict, **options: Any) -> ClipSampler:
    package = open_package(FIXTURE)
    settings = Settings.of_manifest(
        package.manifest,
        guidance=clip["guidance"],
        interpolation_guidance=clip["interpolationGuidance"],
        temperature=clip["temperature"],
        top_k=clip["topK"],
    )
    assert settings.guidance_floor > 0, "the golden clips are drawn with the package's floor"
    return ClipSampler(package, settings, **options)


@pytest.mark.parametrize("clip", CLIPS, ids=[clip["name"] for clip in CLIPS])
def test_clips_are_the_golden_ones(clip: dict) -> None:
    sampler = _sampler(clip)
    wish = Wish(clip["prompt"], clip["seed"], clip["keyRate"])
    ids = sampler.window_text(clip["keyRate"], clip["prompt"])
    assert ids.tolist() == clip["textIds"][: len(ids)]
    frames = sampler.key_frames([wish])
    assert frames[0].tolist() == clip["keyFrames"]
    for number, expected in enumerate(clip["rounds"], start=1):
        frames = sampler.interpolate([wish], frames, number)
        assert frames[0].tolist() == expected


def test_clips_of_neighbouring_seeds_take_other_paths() -> None:
    sampler = _sampler(CLIPS[0])
    manifest = sampler.manifest
    codes, behind = manifest["codes"], manifest["ids"]["beginOfImage"]
    planner = Planner(PlannerConfig(codes, behind - codes, 0, 4))
    paths = np.arange(5 * 3 * len(manifest["rates"]) * 9).reshape(5, 3, -1, 9)
    graph = build_storyboard_graph(planner, paths)
    sampler.package.sessions[STORYBOARD] = ort.InferenceSession(graph.SerializeToString())
    told = [sampler.storyboard(Wish("fox", seed, 2)) for seed in (6, 7, 8, 9)]
    assert told[0].tolist() == told[3].tolist()
    row = [rate["framesPerSecond"] for rate in manifest["rates"]].index(2)
    action = told[0][0] // paths[0].size
    assert [plan.tolist() for plan in told[:3]] == paths[action, :, row].tolist()


@pytest.mark.parametrize("sequences", [3, 64])
def test_a_batch_draws_what_single_runs_draw(sequences: int) -> None:
    clip = CLIPS[1]
    sampler = _sampler(clip, sequences=sequences)
    wishes = [
        Wish("a red car drives to the left", 5, 2),  # longer and shorter texts, other rates
        Wish(clip["prompt"], clip["seed"], clip["keyRate"]),
        Wish("fox", 77, 1),
    ]
    together = sampler.clips(wishes, 2)
    assert together[1].tolist() == clip["rounds"][1]
    for wish, tokens in zip(wishes, together, strict=True):
        assert np.array_equal(_sampler(clip).clips([wish], 2)[0], tokens)


def test_kept_clips_are_not_drawn_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = CLIPS[1]
    wish = Wish(clip["prompt"], clip["seed"], clip["keyRate"])
    first = _sampler(clip, drawn=DrawnClips(tmp_path)).clips([wish], 1)
    again = _sampler(clip, drawn=DrawnClips(tmp_path))
    monkeypatch.setattr(again, "_key_frames", lambda *_: pytest.fail("drawn again"))
    assert np.array_equal(again.clips([wish], 1), first)
    assert again.clips([wish], 2)[0].tolist() == clip["rounds"][1]
    with pytest.raises(pytest.fail.Exception):
        again.clips([Wish(clip["prompt"], clip["seed"] + 1, clip["keyRate"])], 1)


def test_kept_key_frames_serve_other_frames_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = CLIPS[1]
    wish = Wish(clip["prompt"], clip["seed"], clip["keyRate"])
    _sampler(clip, drawn=DrawnClips(tmp_path)).clips([wish], 1)
    guided = {**clip, "interpolationGuidance": 1.7}
    again = _sampler(guided, drawn=DrawnClips(tmp_path))
    monkeypatch.setattr(again, "_key_frames", lambda *_: pytest.fail("drawn again"))
    drawn = again.clips([wish], 1)
    assert np.array_equal(drawn[:, ::2], np.array([clip["keyFrames"]]))
    assert np.array_equal(drawn, _sampler(guided).clips([wish], 1))


MASKED_GOLDEN = json.loads((MASKED / "golden.json").read_text(encoding="utf-8"))
GOLDEN_ROUNDS, KEY_FRAMES = MASKED_GOLDEN["rounds"], MASKED_GOLDEN["keyFrames"]


@pytest.mark.parametrize("golden", GOLDEN_ROUNDS, ids=[golden["name"] for golden in GOLDEN_ROUNDS])
def test_a_package_draws_the_frames_between_either_way(
    golden: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sampler = _told_sampler(
        golden, tmp_path, monkeypatch, interpolation_guidance=golden["guidance"],
        interpolation_passes=golden["passes"],
    )  # fmt: skip
    frames = np.array(golden["frames"])[None]
    wish = Wish("told", golden["seed"], 1)
    drawn = sampler.interpolate([wish], frames, golden["round"])
    assert drawn[0].tolist() == golden["tokens"]


@pytest.mark.parametrize("name", ["sampled", "cell by cell"])
def test_later_rounds_may_be_drawn_cell_by_cell(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    golden = next(golden for golden in GOLDEN_ROUNDS if golden["name"] == name)
    sampler = _told_sampler(
        golden, tmp_path, monkeypatch, interpolation_guidance=golden["guidance"],
        interpolation_passes=GOLDEN_ROUNDS[0]["passes"],
        pass_rounds=golden["round"] if golden["passes"] else golden["round"] - 1,
    )  # fmt: skip
    frames = np.array(golden["frames"])[None]
    drawn = sampler.interpolate([Wish("told", golden["seed"], 1)], frames, golden["round"])
    assert drawn[0].tolist() == golden["tokens"]


@pytest.mark.parametrize("golden", KEY_FRAMES, ids=[golden["name"] for golden in KEY_FRAMES])
def test_key_frames_are_drawn_in_passes_and_with_a_lag(
    golden: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sampler = _told_sampler(
        golden, tmp_path, monkeypatch, guidance=golden["guidance"],
        key_frame_passes=golden["passes"], key_frame_lag=golden["lag"],
    )  # fmt: skip
    drawn = sampler.key_frames([Wish("told", golden["seed"], 1)])
    assert drawn[0].tolist() == golden["tokens"]


@pytest.mark.parametrize("name", ["key_frame_passes", "interpolation_passes"])
def test_passes_are_refused_where_a_package_has_none(name: str) -> None:
    package = open_package(FIXTURE)
    settings = Settings.of_manifest(package.manifest, **{name: 8})
    with pytest.raises(PackageError, match="cell by cell alone"):
        ClipSampler(package, settings)


def _told_sampler(
    golden: dict, folder: Path, monkeypatch: pytest.MonkeyPatch, **own: float
) -> ClipSampler:
    """A sampler of masked stages in `folder` that is told the golden texts and storyboard."""
    package = open_package(_masked_copy(folder))
    settings = Settings.of_manifest(
        package.manifest,
        temperature=golden["temperature"],
        top_k=golden["topK"],
        guidance_floor=golden["guidanceFloor"],
        **own,
    )
    sampler = ClipSampler(package, settings)
    monkeypatch.setattr(
        sampler, "window_text", lambda rate, prompt: np.array(golden["text" if prompt else "empty"])
    )
    opening = np.array(golden["opening"], np.int32)[None]
    monkeypatch.setattr(sampler, "_openings", lambda *_: opening)
    return sampler


def _masked_copy(folder: Path) -> Path:
    """The micro package with stages that can draw masked cells."""
    _copy(folder)
    for file in MASKED.glob("*.onnx"):
        (folder / file.name).write_bytes(file.read_bytes())
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    masked = json.loads((MASKED / "manifest.json").read_text(encoding="utf-8"))
    for part in ("graphs", "sampling"):
        manifest[part] |= masked[part]
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def test_settings_come_from_the_manifest_unless_overridden() -> None:
    manifest = open_package(FIXTURE).manifest
    own = Settings.of_manifest(manifest, guidance=None)
    assert own.guidance == manifest["sampling"]["guidance"]
    assert Settings.of_manifest(manifest, guidance=3.5).guidance == 3.5
    assert Settings.of_manifest(manifest, guidance=3.5).top_k == own.top_k


@pytest.mark.parametrize("name", ["promptTexts", "sampling.clusters", "sampling.firstFrame"])
def test_packages_that_draw_like_cogvideo_are_refused(name: str) -> None:
    package = open_package(FIXTURE)
    settings = Settings.of_manifest(package.manifest)
    holder = package.manifest["sampling"] if "." in name else package.manifest
    holder[name.split(".")[-1]] = {}
    with pytest.raises(PackageError, match=rf"as CogVideo does \({name}\).*cogvideo\.clip_sampler"):
        ClipSampler(package, settings)


def _copy(folder: Path) -> Path:
    for path in FIXTURE.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def test_incomplete_packages_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match=r"there is no .*manifest.json"):
        open_package(tmp_path)
    package = _copy(tmp_path)
    content = bytearray((package / "decoder.onnx").read_bytes())
    content[-1] ^= 1
    (package / "decoder.onnx").write_bytes(content)
    with pytest.raises(PackageError, match=r"decoder.*SHA-256"):
        open_package(package)
    (package / "decoder.onnx").write_bytes(content[:-1])
    with pytest.raises(PackageError, match=r"decoder.*bytes"):
        open_package(package)
    (package / "decoder.onnx").unlink()
    with pytest.raises(PackageError, match=r"decoder.*is missing"):
        open_package(package)


def test_manifests_without_a_graph_or_field_are_refused(tmp_path: Path) -> None:
    package = _copy(tmp_path)
    manifest = json.loads((package / "manifest.json").read_text(encoding="utf-8"))
    del manifest["graphs"]["encoder"]
    (package / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(PackageError, match="no graph encoder"):
        open_package(package)
    del manifest["rates"]
    (package / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(PackageError, match="lacks rates"):
        open_package(package)
    (package / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(PackageError, match="not JSON"):
        open_package(package)
