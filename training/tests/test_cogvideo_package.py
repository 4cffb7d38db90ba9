"""A package that the converter wrote from the golden set, held against the set's vectors."""

import json
from pathlib import Path

import pytest

from training.cogvideo.convert import Conversion, convert
from training.cogvideo.golden_decoding import check_decoding
from training.cogvideo.golden_stage import open_stage
from training.export.onnx_transformer import OnnxTransformer
from training.export.sharded_session import ShardedSession
from training.tests.golden_folder import FOLDER, needs_golden
from training.transformer.config import STAGES


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source, out = (tmp_path_factory.mktemp("package") / name for name in ("stages", "A"))
    source.mkdir()
    for stage in ("stage1.npz", "stage2.npz"):
        (source / stage).symlink_to((FOLDER / stage).resolve())
    # Halves hold the set's weights exactly; the limit makes two shards of each stage.
    convert(Conversion(source, out, bits=16, shard_bytes=3_000_000, partial=True))
    return out


@needs_golden
@pytest.mark.parametrize("number", [1, 2])
def test_a_converted_package_repeats_the_vectors(package: Path, number: int) -> None:
    manifest = json.loads((package / "manifest.json").read_text())
    name = STAGES[number - 1]
    assert len(manifest["graphs"][name]["files"]) == 3
    assert manifest["graphs"][name]["weights"]
    golden = open_stage(FOLDER, number)
    graph = OnnxTransformer(ShardedSession.open(package, name), golden.model.config)
    vars(golden)["graph"] = graph  # instead of the graph that the property would export
    cases = list(check_decoding(golden, rows=400, sides=("onnx",)))
    assert len(cases) > 10
    worst = max(cases, key=lambda case: case.difference / (case.limit or 1))
    print(f"{len(cases)} cases, nearest to its limit: {worst}")
    assert not [str(case) for case in cases if not case.passes]
