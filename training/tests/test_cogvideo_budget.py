"""The full-size budget against the specification's counts, and the document that prints it."""

import json
from dataclasses import replace

import numpy as np
import pytest

from training.cogvideo.budget import StageBudget, clip_seconds, released_config
from training.cogvideo.full_size import DOCS, document
from training.cogvideo.real_width import RealWidth
from training.cogvideo.transformer_weights import tensor_shapes
from training.export.shard_plan import SHARD_LIMIT, head_weight, look_up_weight
from training.transformer.visibility import temporal_cells_visible

PARAMETERS = 7_721_127_936  # of one stage's checkpoint, docs/cogvideo.md 3.7


def test_the_release_has_the_tensors_of_the_specification() -> None:
    shapes = tensor_shapes(released_config("keyframes"))
    assert len(shapes) == 1013
    assert sum(int(np.prod(shape)) for shape in shapes.values()) == PARAMETERS


def test_sixteen_bits_take_the_checkpoints_bytes() -> None:
    budget = StageBudget(released_config("interpolation"), 16)
    config = budget.config.to_transformer()
    look_up = look_up_weight(config, 16).all
    again = 2 * config.codes * config.hidden  # the head stands in both
    assert budget.gpu_weights + look_up - again == pytest.approx(2 * PARAMETERS, rel=2e-3)
    shards = budget.shards
    assert sum(s.size.all for s in shards) == budget.gpu_weights
    assert max(s.size.all for s in shards) <= SHARD_LIMIT
    assert [layer for s in shards for layer in s.layers] == list(range(48))
    assert head_weight(config, 4).all > 20_000 * 3072  # 8 bits at least


def test_caches_take_what_the_specification_says() -> None:
    """docs/cogvideo.md 5.3: 474 and 2074 slots of 48 layers, 266.6 and 1166.6 MiB."""
    config = replace(released_config("keyframes"), text_slots=74)
    found = StageBudget(config, 4).cache_bytes(1) / 2**20
    assert found == pytest.approx(266.6 + 1166.6, abs=0.1)


def test_seen_rows_are_the_mean_over_the_visibility_rule() -> None:
    config = released_config("interpolation")
    transformer = config.to_transformer()
    rows = [
        temporal_cells_visible("interpolation", 20, transformer.window(layer), slot, cell).sum()
        for layer in (0, 1)
        for slot in (1, 3)
        for cell in range(400)
    ]
    expected = float(np.mean(rows)) + 2 * config.text_slots + 199.5
    assert StageBudget(config, 4).seen_rows() == pytest.approx(expected, abs=1)


def test_time_falls_with_bandwidth_and_windows() -> None:
    assert clip_seconds(4, 1e12, 1) == pytest.approx(clip_seconds(4, 5e11, 1) / 2)
    assert clip_seconds(4, 1e12, 4) < clip_seconds(4, 1e12, 2) < clip_seconds(8, 1e12, 2)


def test_the_document_is_up_to_date() -> None:
    """After a change: python -m training.cogvideo.full_size."""
    store = DOCS / "full-size.json"
    found = RealWidth(**json.loads(store.read_text())) if store.exists() else None
    assert (DOCS / "full-size.md").read_text(encoding="utf-8") == document(found)
