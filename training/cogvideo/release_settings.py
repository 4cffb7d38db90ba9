"""The settings of a stage as the release states them, completed by what its code fixes.

`model_config.json` holds the training program's options; sizes that no option sets (the picture
codes, the special ids, the first position of a frame) are constants of the original code.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from training.cogvideo.config import CogVideoConfig

IMAGE_CODES = 20_000
IMAGE_OFFSET = 512
PAD_ID = 20_003
BOI_FROM_END = 10  # the embedding has seven unused rows behind the three special ids
LAYOUT = (64, 464, 2064)
WINDOW_OF_STAGE = {1: -1, 2: 10}


def stage_config(settings: Mapping[str, Any], stage: int) -> CogVideoConfig:
    """The model of stage 1 or 2. ValueError for settings that are missing or contradict it."""
    stated = int(settings.get("cogvideo_stage", stage))
    if stated != stage:
        raise ValueError(f"this is the checkpoint of stage {stated}, expected stage {stage}")
    missing = [name for name in _SIZES if not isinstance(settings.get(name), int)]
    if missing:
        raise ValueError(f"the model settings lack {', '.join(missing)}")
    layout = _layout(settings.get("layout"))
    values = {
        "inner_hidden_size": 4 * settings["hidden_size"],
        "num_image_tokens": IMAGE_CODES,
        "boi_id": settings["vocab_size"] - BOI_FROM_END,
        "pad_id": PAD_ID,
        "frame_resolution": math.isqrt(layout[1] - layout[0]),
        "max_sequence_length": 1024,
        "additional_seqlen": 2000,
        "image_position_offset": IMAGE_OFFSET,
        "layernorm_epsilon": 1e-5,
        "window_size": WINDOW_OF_STAGE[stage],
        # An option that was not set is stored as null.
        **{name: value for name, value in settings.items() if value is not None},
        "cogvideo_stage": stage,
        "layout": list(layout),
    }
    head_dim = settings.get("hidden_size_per_attention_head") or settings.get("head_dim")
    if head_dim and head_dim * settings["num_attention_heads"] != settings["hidden_size"]:
        raise ValueError(f"heads of {head_dim} do not make up hidden_size")
    return CogVideoConfig.from_json(values)


_SIZES = ("num_layers", "hidden_size", "num_attention_heads", "vocab_size")


def _layout(stated: Any) -> tuple[int, ...]:
    """Ends of text, first frame and clip in a training row; the option may be text."""
    if stated is None:
        return LAYOUT
    if isinstance(stated, str):
        try:
            stated = json.loads(stated) if stated.startswith("[") else stated.split(",")
        except ValueError:
            stated = []
    try:
        text, frame, clip = (int(end) for end in stated)
    except (TypeError, ValueError):
        raise ValueError(f"layout must be three lengths, not {stated!r}") from None
    cells = frame - text
    if cells < 1 or math.isqrt(cells) ** 2 != cells or clip != text + 5 * cells:
        raise ValueError(f"layout {[text, frame, clip]} is not text and five square frames")
    return text, frame, clip
