"""A small set of golden vectors in the format of docs/cogvideo.md's sets, of any sizes, for tests.

Its expected outputs come from the float64 reference beside this file, not from the models.
`python -m training.tests.cogvideo_small_set` writes the fixture of tests/parity/cogvideo.test.ts.
"""

import json
import tempfile
from pathlib import Path

import numpy as np

from training.cogvideo.config import CogVideoConfig
from training.cogvideo.export_golden import export_golden
from training.cogvideo.transformer_weights import tensor_shapes
from training.tests.cogvideo_reference import Reference

BASE = {
    "num_layers": 4,
    "hidden_size": 12,
    "num_attention_heads": 3,
    "head_dim": 4,
    "inner_hidden_size": 20,
    "vocab_size": 40,
    "num_image_tokens": 24,
    "max_sequence_length": 50,
    "additional_seqlen": 70,
    "layout": [6, 22, 86],
    "frame_num": 5,
    "frame_resolution": 4,
    "frame_len": 16,
    "layernorm_order": "sandwich",
    "layernorm_epsilon": 1e-3,
    "boi_id": 30,
    "pad_id": 27,
    "image_position_offset": 10,
}
SETTINGS = {
    "stage1": {**BASE, "cogvideo_stage": 1, "window_size": -1, "shift_size": None},
    "stage2": {**BASE, "cogvideo_stage": 2, "window_size": 2, "shift_size": 1},
}
FIXTURE = Path(__file__).parents[2] / "tests" / "fixtures" / "cogvideo"
TEXTS = ([25, 28, 26], [24, 26, 29, 25, 28, 31])


def write_small_set(folder):
    """Both stages with two cases each, of other sizes than the sets that the original code made."""
    (folder / "config.json").write_text(json.dumps(SETTINGS))
    for number, (name, settings) in enumerate(SETTINGS.items(), start=1):
        rng = np.random.default_rng(number)
        tensors = random_tensors(settings, rng)
        write_weights(folder / f"{name}.npz", settings, tensors)
        np.savez(folder / f"{name}_io.npz", **stage_arrays(settings, tensors, rng))


def write_weights(path, settings, tensors):
    text = np.frombuffer(json.dumps(settings).encode(), np.uint8)
    np.savez(path, __config_json__=text, **tensors)


def random_tensors(settings, rng):
    shapes = tensor_shapes(CogVideoConfig.from_json(settings))
    return {name: rng.normal(0, 0.5, shape).astype(np.float16) for name, shape in shapes.items()}


def stage_arrays(settings, tensors, rng):
    tensors = {name: array.astype(np.float64) for name, array in tensors.items()}
    reference = Reference(settings, tensors)
    codes, cells = settings["num_image_tokens"], settings["frame_len"]
    pos = np.stack([np.repeat(np.arange(5), 4), rng.integers(0, cells, 20)], axis=1)
    arrays = {"code_idx": np.arange(0, codes, 3, dtype=np.int32)}
    for case, text in enumerate(TEXTS):
        frames = rng.integers(0, codes, (5, cells))
        key = f"case{case}"
        arrays |= {f"{key}.text": np.array(text), f"{key}.frames": frames, f"{key}.pos": pos}
        arrays |= layout_arrays(settings, key, text, frames)
        arrays |= output_arrays(reference, key, np.array(text), frames, pos)
    if settings["cogvideo_stage"] == 1:
        arrays |= guidance_arrays(reference, arrays)
    return arrays


def layout_arrays(settings, key, text, frames):
    slots, cells = settings["layout"][0], settings["frame_len"]
    offset, pads = settings["image_position_offset"], slots - len(text)
    counted = (1, 2, 3, 4) if settings["cogvideo_stage"] == 1 else (1, 3)
    boi = np.full((5, 1), settings["boi_id"])
    image = np.concatenate([boi, frames[:, :-1]], axis=1).ravel()
    ids = np.concatenate([np.full(pads, settings["pad_id"]), text, image])
    before = [np.zeros(pads, int), np.arange(len(text))]
    positions = np.concatenate([*before, offset + np.arange(5 * cells)])
    mask = np.isin(np.arange(5), counted)[:, None] * np.ones((1, cells), np.uint8)
    found = {"input_ids": ids, "position_ids": positions, "loss_mask": mask.astype(np.uint8)}
    if settings["cogvideo_stage"] == 2:
        order = [offset + cells * slot + np.arange(cells) for slot in (0, 2, 4, 1, 3)]
        found["sampler_position_ids"] = np.concatenate([np.arange(len(text)), *order])
    return {f"{key}.{name}": array for name, array in found.items()}


def output_arrays(reference, key, text, frames, pos):
    """Every block of a case, and its losses."""
    cells = frames.shape[1]
    rows = len(text) + pos[:, 0] * cells + pos[:, 1]
    hidden = reference.hidden(text, frames)
    found = block(reference, f"{key}.train", hidden[rows])
    found |= loss_arrays(reference, key, hidden[len(text) :], frames, pos)
    if reference.settings["cogvideo_stage"] == 1:
        first = np.arange(0, cells, 3)
        found[f"{key}.ff.cells"] = first
        for name, boost in (("b0", 0.0), ("b14", 1.4)):
            rows_of_first = reference.hidden(text, frames, boost, base_only=True)[len(text) + first]
            found |= block(reference, f"{key}.ff_{name}", rows_of_first)
        found[f"{key}.sampler_b14.pos"] = pos[4:]
        boosted = reference.hidden(text, frames, 1.4)[rows[4:]]
        return found | block(reference, f"{key}.sampler_b14", boosted)
    boosted = reference.hidden(text, frames, 1.4)[rows]
    found |= block(reference, f"{key}.sampler_p1fix_b14", boosted)
    for name, boost in (("b0", 0.0), ("b14", 1.4)):
        released = reference.hidden(text, frames, boost, released=True)[rows]
        found |= block(reference, f"{key}.sampler_released_{name}", released)
    return found


def guidance_arrays(reference, arrays):
    text, frames, pos = np.array([26, 24]), arrays["case1.frames"], arrays["case1.pos"][4:]
    cells = frames.shape[1]
    within = pos[:, 0] * cells + pos[:, 1]
    uncond = reference.hidden(text, frames)[len(text) + within]
    cond = reference.hidden(arrays["case1.text"], frames)[len(arrays["case1.text"]) + within]
    logits = reference.logits(uncond) + 3 * (reference.logits(cond) - reference.logits(uncond))
    found = {"cfg.case": 1, "cfg.uncond_text": text, "cfg.pos": pos, "cfg.alpha": np.float32(3)}
    found |= block(reference, "cfg.uncond", uncond)
    return found | logit_arrays("cfg.guided", logits)


def block(reference, name, hidden):
    logits = reference.logits(hidden)
    second, first = np.sort(logits, axis=-1)[:, -2:].T
    return logit_arrays(name, logits) | {
        f"{name}.hidden": hidden,
        f"{name}.max": first,
        f"{name}.top1_margin": first - second,
        f"{name}.full_rows": np.array([1]),
        f"{name}.full_logits": logits[[1]],
    }


def logit_arrays(name, logits):
    return {
        f"{name}.logits": logits[:, ::3],
        f"{name}.lse": np.log(np.exp(logits).sum(-1)),
        f"{name}.argmax": logits.argmax(-1),
    }


def loss_arrays(reference, key, hidden, frames, pos):
    logits = reference.logits(hidden)
    right = logits[np.arange(frames.size), frames.ravel()]
    losses = (np.log(np.exp(logits).sum(-1)) - right).reshape(frames.shape)
    counted = [1, 2, 3, 4] if reference.settings["cogvideo_stage"] == 1 else [1, 3]
    return {
        f"{key}.train.loss": losses[counted].mean(),
        f"{key}.train.loss_per_frame": losses.mean(-1),
        f"{key}.train.token_loss": losses[pos[:, 0], pos[:, 1]],
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        write_small_set(Path(folder))
        print(export_golden(Path(folder), FIXTURE))
