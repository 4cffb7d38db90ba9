"""The clip of a converted package, drawn in torch: the worker's fixture, and what changes it."""

import json
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch

from training.cogvideo.clip_sampler import CogVideoSampler
from training.export.onnx_transformer import OnnxTransformer
from training.export.sharded_session import ShardedSession
from training.tests.cogvideo_package_fixture import (
    FOLDER,
    PROMPT,
    SEED,
    RecordingSampler,
    golden,
    write_package,
)

GOLDEN = json.loads((FOLDER / "golden.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RecordingSampler]:
    folder = tmp_path_factory.mktemp("written")
    package = folder / FOLDER.name
    return package, write_package(folder, package)


def test_the_fixture_is_what_the_sampler_draws(written: tuple[Path, RecordingSampler]) -> None:
    package, sampler = written
    assert json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8")) == sampler.manifest
    assert (FOLDER / "clusters.bin").read_bytes() == (package / "clusters.bin").read_bytes()
    found = golden(sampler)
    for name in ("firstFrameText", "clips", "draws"):
        assert found[name] == GOLDEN[name]
    np.testing.assert_allclose(found["probabilities"], GOLDEN["probabilities"], atol=1e-6)


def _changed(sampler: CogVideoSampler, **sampling: object) -> CogVideoSampler:
    manifest = deepcopy(dict(sampler.manifest))
    manifest["sampling"] |= sampling
    return CogVideoSampler(sampler.models, sampler.encode, manifest, sampler.clusters)


def test_the_packages_graphs_draw_the_same_clip(written: tuple[Path, RecordingSampler]) -> None:
    package, sampler = written
    graphs = {
        stage: OnnxTransformer(ShardedSession.open(package, stage), model.config)
        for stage, model in sampler.models.items()
    }
    own = CogVideoSampler(graphs, sampler.encode, sampler.manifest, sampler.clusters)  # type: ignore[arg-type]
    assert own.clip(PROMPT, SEED, 1).tolist() == GOLDEN["clips"][1]


def test_without_guidance_key_frames_read_the_bare_prompt(
    written: tuple[Path, RecordingSampler],
) -> None:
    sampler = _changed(written[1], guidance=1.0)
    texts = []
    encode = sampler.encode
    sampler.encode = lambda text: texts.append(text) or encode(text)  # type: ignore[func-returns-value]
    frames = sampler.key_frames(PROMPT, SEED)
    assert texts == [PROMPT + " 高清摄影", "4.0秒", PROMPT]
    assert frames[0].tolist() == GOLDEN["clips"][0][0]
    assert frames[1].tolist() != GOLDEN["clips"][0][1]


def test_the_release_s_errors_change_the_rounds_alone(
    written: tuple[Path, RecordingSampler],
) -> None:
    sampler = _changed(written[1])
    sampler.released = True
    frames = sampler.key_frames(PROMPT, SEED)
    assert frames.tolist() == GOLDEN["clips"][0]  # without a boost stage 1 has no error
    round_1 = sampler.interpolate(PROMPT, frames, SEED, 1)
    assert round_1[::2].equal(torch.tensor(GOLDEN["clips"][1])[::2])
    assert round_1.tolist() != GOLDEN["clips"][1]


def test_a_table_and_its_package_belong_together(written: tuple[Path, RecordingSampler]) -> None:
    sampler = written[1]
    with pytest.raises(ValueError, match=r"sampling\.clusters"):
        CogVideoSampler(sampler.models, sampler.encode, sampler.manifest)
