"""Writes the masked stages of the tests: python -m training.export.masked_fixture

The micro package's stages as models that also draw masked cells, with the same weights: what they
draw is no picture, but it has to be the same in every runtime. tests/maskedPackage.ts puts them
into a copy of that package.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from training.common.random_stream import stream_key
from training.export.manifest import graph_entry
from training.export.onnx_transformer import OnnxTransformer, open_session
from training.export.package import TRANSFORMER_PRECISION
from training.export.package_transformer import package_transformer
from training.export.text_summary_fixture import MICRO_PACKAGE, ROOT
from training.export.transformer_graph import TransformerGraph
from training.export.weight_storage import round_weights
from training.transformer.config import STAGES, Stage, TransformerConfig
from training.transformer.masked_drawing import Passes, draw_masked, draw_tokens
from training.transformer.model import Transformer
from training.transformer.sample import Sampling, interpolate_round, sample_key_frames

FOLDER = ROOT / "tests" / "fixtures" / "masked"
PASSES = Passes(5, noise=1.0)
KEY_FRAME_PASSES = Passes(4, noise=1.0)
_KEY_FRAME_CASES = (
    # (name, seed, sampling)
    ("sampled", 17, Sampling(1.0, 0.8, 20, 0.05, KEY_FRAME_PASSES)),
    ("guided", 18, Sampling(1.5, 1.0, 5, 0.05, KEY_FRAME_PASSES)),
    ("greedy", 19, Sampling(1.0, 0.0, 20, 0.05, KEY_FRAME_PASSES)),
    ("cell by cell", 20, Sampling(1.0, 0.8, 20, 0.05)),
    # As in parallel, but drawn one frame after the other.
    ("sampled with a lag", 21, Sampling(1.0, 0.8, 20, 0.05, lag=5)),
    ("guided with a lag", 22, Sampling(1.5, 1.0, 5, 0.05, lag=6)),
    ("greedy with a lag", 23, Sampling(1.0, 0.0, 20, 0.05, lag=2)),
)
_CASES = (
    # (name, seed, round, guidance, temperature, top-k, passes)
    ("sampled", 7, 1, 1.0, 0.8, 20, PASSES),
    ("guided", 8, 2, 1.5, 1.0, 5, PASSES),
    ("greedy", 9, 1, 1.0, 0.0, 20, PASSES),
    ("cell by cell", 10, 1, 1.0, 0.8, 20, None),
)
_COLUMNS, _ROWS = 5, 3  # that storyboards tell
_MOST_SEEDS = 20  # tried until torch and onnxruntime draw the same tokens


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    models = {stage: masked_model(stage) for stage in STAGES}
    contents, entries = {}, {}
    for stage, model in models.items():
        graph = TransformerGraph(model, TRANSFORMER_PRECISION, summary_once=True).build()
        contents[stage] = graph.SerializeToString()
        file = f"{stage}.onnx"
        (FOLDER / file).write_bytes(contents[stage])
        entries[stage] = graph_entry(
            file, graph, contents[stage], TRANSFORMER_PRECISION, [], graph_capture=True
        )
    manifest = {
        "graphs": entries,
        "sampling": {
            "keyFramePasses": KEY_FRAME_PASSES.count,
            "interpolationPasses": PASSES.count,
            "choiceNoise": PASSES.noise,
        },
    }
    golden = {
        "keyFrames": [
            _key_frames(models["keyframes"], contents["keyframes"], *case)
            for case in _KEY_FRAME_CASES
        ],
        "rounds": [
            _round(models["interpolation"], contents["interpolation"], *case) for case in _CASES
        ],
        "drawings": _drawings(),
    }
    for name, value in (("manifest", manifest), ("golden", golden)):
        text = json.dumps(value, separators=(",", ":"))
        (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def masked_model(stage: Stage) -> Transformer:
    """Its rows also get vectors of their frame's stage and spot, random ones here."""
    source = package_transformer(MICRO_PACKAGE, stage)
    config = replace(
        source.config,
        masked=True,
        stage_rows=True,
        columns=_COLUMNS,
        rows=_ROWS,
    )
    model = Transformer(config).eval().requires_grad_(False)
    model.load_state_dict(source.state_dict(), strict=False)
    rng = np.random.default_rng(12)
    for table in (model.stage_rows, model.spot_rows, model.height_rows):
        if table is not None:
            vectors = rng.normal(0, 0.3, tuple(table.weight.shape))
            table.weight.copy_(torch.from_numpy(vectors))
    round_weights(model, TRANSFORMER_PRECISION)
    return model


def _key_frames(
    model: Transformer, graph: bytes, name: str, first_seed: int, sampling: Sampling
) -> dict[str, Any]:
    """The tokens of five key frames under a random text and storyboard."""
    config = model.config
    rng = np.random.default_rng(first_seed)
    text = rng.integers(config.codes, config.boi_id, (1, 9))
    empty = text[:, :4]
    opening = rng.integers(config.first_stage_id, config.ids, (1, 5))
    texts = [_padded(config, ids) for ids in (text, empty)]
    seed, drawn = _drawn_alike(
        lambda one, seed: sample_key_frames(
            one, *texts, [seed], sampling, opening=torch.from_numpy(opening)
        ),
        model, graph, first_seed, f"key frames: {name}",
    )  # fmt: skip
    return {
        "name": name,
        "seed": seed,
        **_told(sampling),
        "text": text[0].tolist(),
        "empty": empty[0].tolist(),
        "opening": opening[0].tolist(),
        "tokens": drawn[0].tolist(),
    }


def _drawn_alike(
    draw: Callable[[Transformer, int], torch.Tensor],
    model: Transformer,
    graph: bytes,
    first_seed: int,
    what: str,
) -> tuple[int, torch.Tensor]:
    """The first seed from `first_seed` on with which torch and the graph draw the same tokens, and
    those; ValueError if there is none near."""
    onnx = OnnxTransformer(open_session(graph), model.config)
    for seed in range(first_seed, first_seed + _MOST_SEEDS):
        drawn = draw(model, seed)
        if torch.equal(drawn, draw(onnx, seed)):  # type: ignore[arg-type]
            return seed, drawn
    raise ValueError(f"torch and onnxruntime draw different {what}")


def _told(sampling: Sampling) -> dict[str, float]:
    """How a golden drawing was drawn."""
    return {
        "guidance": sampling.guidance,
        "guidanceFloor": sampling.guidance_floor,
        "temperature": sampling.temperature,
        "topK": sampling.top_k,
        "passes": sampling.passes.count if sampling.passes else 0,
        "lag": sampling.lag,
    }


def _padded(config: TransformerConfig, ids: np.ndarray) -> torch.Tensor:
    """Texts of different lengths in one batch: [1, T]."""
    row = np.full((1, config.text_slots), config.pad_id, np.int64)
    row[:, : ids.shape[1]] = ids
    return torch.from_numpy(row)


def _round(
    model: Transformer, graph: bytes, name: str, first_seed: int, number: int, guidance: float,
    temperature: float, top_k: int, passes: Passes | None,
) -> dict[str, Any]:  # fmt: skip
    """One round over random frames with a random storyboard: the tokens of the whole clip."""
    config = model.config
    rng = np.random.default_rng(first_seed)
    frames = rng.integers(0, config.codes, (2 ** (number + 1) + 1, config.cells))
    text = rng.integers(config.codes, config.boi_id, (1, 9))
    empty = text[:, :4]
    windows = (len(frames) - 1) // 2
    opening = rng.integers(config.first_stage_id, config.ids, (windows, 5))
    sampling = Sampling(guidance, temperature, top_k, 0.05, passes)
    seed, drawn = _drawn_alike(
        lambda one, seed: interpolate_round(
            one, *map(torch.from_numpy, (frames, text, empty)), seed, number, sampling,
            opening=torch.from_numpy(opening),
        ),
        model, graph, first_seed, f"rounds: {name}",
    )  # fmt: skip
    return {
        "name": name,
        "seed": seed,
        "round": number,
        **_told(sampling),
        "text": text[0].tolist(),
        "empty": empty[0].tolist(),
        "opening": opening.tolist(),
        "frames": frames.tolist(),
        "tokens": drawn.tolist(),
    }


def _drawings() -> list[dict[str, Any]]:
    """Drawings from fixed logits, and the tokens and surenesses of a single row each."""
    rng = np.random.default_rng(11)
    cells, codes, keys = 12, 16, [stream_key(5, 1, 0), stream_key(5, 1, 1)]
    result = []
    for passes, temperature, top_k in ((Passes(4, 1.0), 0.8, 6), (Passes(3, 0.0), 0.0, 0)):
        logits = np.round(rng.normal(0, 2, (cells, codes)), 2)
        tokens = draw_masked(
            lambda seen, table=logits: np.repeat(table[None], len(seen), axis=0),
            cells, keys, passes, temperature, top_k,
        )  # fmt: skip
        numbers = rng.random(cells)
        drawn, sureness = draw_tokens(logits, temperature, top_k, numbers)
        result.append(
            {
                "passes": passes.count,
                "noise": passes.noise,
                "temperature": temperature,
                "topK": top_k,
                "keys": keys,
                "logits": logits.tolist(),
                "tokens": tokens.tolist(),
                "numbers": numbers.tolist(),
                "drawn": drawn.tolist(),
                "sureness": sureness.tolist(),
            }
        )
    return result


if __name__ == "__main__":
    main()
