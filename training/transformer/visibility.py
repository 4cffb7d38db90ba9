"""What a query may see: masks, biases, positions and cache slots, as pure numpy functions.

Notation: T text slots, G grid side, C = G*G cells, W window patterns, B sequences. Frame slots
0..4 are in temporal order. "Cell k" is the input position that predicts token k (its input is BOI
for k = 0, else token k-1). Biases are float32: 0 where visible, MASKED elsewhere.

The TypeScript twin (workers/sampling/visibility.ts) uses the same names in camel case.

Rules (both stages):
    text query:      real text, both channels (its temporal output is never used)
    spatial channel: real text; own frame up to the query's cell
                     (interpolation, given slots 0, 2, 4: the whole own frame)
    temporal channel, restricted to the query's window region; real text always:
        key frames:  every cell up to the query in (slot, cell) order
        interpolation, given slot:  all cells of slots 0, 2, 4
        interpolation, slot 1 or 3: slots 0, 2, 4; slot 1 wholly if the query is in slot 3;
                                    own slot up to the query's cell
    interpolation of masked cells: as above, but slots 1 and 3 are seen wholly by both of them, and
    there "cell k" is the position that reads token k itself, or that it is hidden
    frames in parallel, each so many cells (`lag`) behind the one before: as above, but of a frame
    that is drawn in the same window, n frames before, a cell sees those before its own cell + n *
    lag; what is not drawn yet is not missed. A lag of C cells is one frame after the other
    key frames of masked cells: slot 5 + f is frame f with hidden cells, where "cell k" reads token
    k in the same way; it sees itself wholly, in the temporal channel also slots 0..f-1; slots 0..4
    are as above and see none of it
Cache columns: spatial [0,T) text, T + k the current frame; temporal [0,T) text, T + slot*C + k.
The graphs append the new rows' own keys after the cache columns.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from training.transformer.config import FRAMES, GIVEN_SLOTS, WANTED_SLOTS, Stage, Window

MASKED = -10000.0
Patterns = Sequence[Window]


def region_ids(grid: int, window: Window | None, wrapped: bool = False) -> np.ndarray:
    """int32 [C]: the region of every cell; all 0 without a window.

    `wrapped` joins the parts of a shifted window that lie at opposite edges of the frame, as in
    windows of the rolled image without a seam mask.
    """
    if window is None:
        return np.zeros(grid * grid, np.int32)
    rows, columns = np.divmod(np.arange(grid * grid), grid)
    across = (grid - 1 + window.shift) // window.width + 1
    region_row = (rows + window.shift) // window.height
    region_column = (columns + window.shift) // window.width
    if wrapped:
        region_row %= -(-grid // window.height)
        region_column %= -(-grid // window.width)
    return (region_row * across + region_column).astype(np.int32)


def spatial_capacity(text_slots: int, grid: int) -> int:
    """Slots of the spatial cache: text and one frame."""
    return text_slots + grid * grid


def temporal_capacity(text_slots: int, grid: int) -> int:
    """Slots of the temporal cache: text and five frames."""
    return text_slots + FRAMES * grid * grid


def image_position(text_slots: int, grid: int, slot: int, cell: int) -> int:
    """Position id of a cell; text position t is t. Also its temporal cache slot."""
    return text_slots + slot * grid * grid + cell


def spatial_cells_visible(stage: Stage, grid: int, masked: bool = False) -> np.ndarray:
    """bool [F, C, C]: may query cell (axis 1) see key cell (axis 2) of its own frame? F is 5, of
    masked key frames 10."""
    frames = len(temporal_slots_visible(stage, masked))
    visible = np.tile(np.tril(np.ones((grid * grid, grid * grid), bool)), (frames, 1, 1))
    visible[FRAMES:] = True
    if stage == "interpolation":
        visible[slice(None) if masked else list(GIVEN_SLOTS)] = True
    return visible


def temporal_slots_visible(stage: Stage, masked: bool = False) -> np.ndarray:
    """int8 [F, F]: how query slot (axis 0) sees key slot: 0 not, 1 wholly, 2 up to its own cell. F
    is 5, of masked key frames 10."""
    if stage == "keyframes" and masked:
        drawn = temporal_slots_visible(stage)
        before, itself = drawn == 1, np.eye(FRAMES, dtype=np.int8)
        return np.block([[drawn, np.zeros_like(drawn)], [before, itself]]).astype(np.int8)
    visible = np.zeros((FRAMES, FRAMES), np.int8)
    for query in range(FRAMES):
        for key in range(FRAMES):
            if stage == "keyframes":
                visible[query, key] = 1 if key < query else 2 if key == query else 0
            elif key in GIVEN_SLOTS or (query not in GIVEN_SLOTS and masked):
                visible[query, key] = 1
            elif query not in GIVEN_SLOTS:
                visible[query, key] = 1 if key < query else 2 if key == query else 0
    return visible


def temporal_cells_visible(
    stage: Stage,
    grid: int,
    window: Window | None,
    slot: int,
    cell: int,
    masked: bool = False,
    lag: int = 0,
) -> np.ndarray:
    """bool [F*C]: the image cells (slot*C + cell) that the query sees in the temporal channel;
    lag 0: frame after frame."""
    cells = grid * grid
    regions = region_ids(grid, window)
    same_region = regions == regions[cell]
    rule = temporal_slots_visible(stage, masked)[slot]
    numbers = np.arange(cells)
    rows = [same_region & ((seen == 1) | ((seen == 2) & (numbers <= cell))) for seen in rule]
    drawn = drawn_slots(stage)
    if lag and slot in drawn:
        for before, key in enumerate(reversed(drawn[: drawn.index(slot)])):
            rows[key] &= numbers < cell + (before + 1) * lag
    return np.concatenate(rows)


def hide_behind_lag(visible: np.ndarray, stage: Stage, grid: int, window: Window, lag: int) -> None:
    """Hides in visible bool [F, n, F, n], between the cells of a region of n, what a lag hides; as
    `temporal_cells_visible`, in place. For windows without a shift that tile the frame: there the
    cells of all regions are equally far apart."""
    rows, columns = np.divmod(np.arange(window.height * window.width), window.width)
    numbers = rows * grid + columns
    drawn = drawn_slots(stage)
    for index, slot in enumerate(drawn):
        for before, key in enumerate(reversed(drawn[:index])):
            visible[slot, :, key] &= numbers < numbers[:, None] + (before + 1) * lag


def drawn_slots(stage: Stage) -> tuple[int, ...]:
    """The slots that are drawn, in this order; the others are given."""
    return tuple(range(FRAMES)) if stage == "keyframes" else tuple(WANTED_SLOTS)


def as_bias(visible: np.ndarray) -> np.ndarray:
    """float32 bias of a bool mask."""
    return np.where(visible, np.float32(0), np.float32(MASKED)).astype(np.float32)


def text_prefill(text_visible: np.ndarray, patterns: Patterns) -> tuple[np.ndarray, np.ndarray]:
    """Biases of the first run of key frames: the T text rows, after one hidden dummy cache slot.

    text_visible bool [B, T] (False for padding) -> spatial [B, 1, T, 1+T], temporal [W, B, 1, T,
    1+T].
    """
    batch, text = text_visible.shape
    visible = np.zeros((batch, 1, text, 1 + text), bool)
    visible[..., 1:] = text_visible[:, None, None, :]
    bias = as_bias(visible)
    return bias, np.repeat(bias[None], max(1, len(patterns)), axis=0)


def frame_step(
    stage: Stage, text_visible: np.ndarray, grid: int, patterns: Patterns, slot: int, cell: int
) -> tuple[np.ndarray, np.ndarray]:
    """Biases of one decode step (S = 1): `frame_rows` of one cell."""
    return frame_rows(stage, text_visible, grid, patterns, slot, range(cell, cell + 1))


def frame_rows(
    stage: Stage,
    text_visible: np.ndarray,
    grid: int,
    patterns: Patterns,
    slot: int,
    cells: range,
    lag: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Biases of a run of S neighbouring cells of a drawn slot over caches at full capacity.

    The queries' own keys are the appended last columns, so their cache slots stay hidden.
    -> spatial [B, 1, S, T+C+S], temporal [W, B, 1, S, T+5*C+S].
    """
    batch, text = text_visible.shape
    total, rows, start = grid * grid, len(cells), cells.start
    spatial = np.zeros((batch, 1, rows, text + total + rows), bool)
    spatial[..., :text] = text_visible[:, None, None, :]
    spatial[..., text : text + start] = True
    spatial[..., -rows:] = np.tril(np.ones((rows, rows), bool))
    windows: list[Window | None] = list(patterns) or [None]
    temporal = np.zeros((len(windows), batch, 1, rows, text + FRAMES * total + rows), bool)
    temporal[..., :text] = text_visible[None, :, None, None, :]
    own = slot * total + start
    for index, window in enumerate(windows):
        for row, cell in enumerate(cells):
            seen = temporal_cells_visible(stage, grid, window, slot, cell, lag=lag)
            temporal[index, ..., row, -rows:] = seen[own : own + rows]
            seen[own : own + rows] = False
            temporal[index, ..., row, text:-rows] = seen
    return as_bias(spatial), as_bias(temporal)


def interpolation_prefill(
    text_visible: np.ndarray, grid: int, patterns: Patterns, wrapped: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Biases of the first run of an interpolation window, after one hidden dummy cache slot:
    rows are T text, then slots 0, 2, 4 with C cells each (S = T + 3*C).

    `wrapped` leaves the seam mask of shifted windows out, as CogVideo's release does.
    -> spatial [B, 1, S, 1+S], temporal [W, B, 1, S, 1+S].
    """
    batch, text = text_visible.shape
    cells = grid * grid
    rows = text + len(GIVEN_SLOTS) * cells
    slot_of_row = np.repeat(np.arange(len(GIVEN_SLOTS)), cells)
    spatial = np.zeros((batch, 1, rows, 1 + rows), bool)
    spatial[..., 1 : 1 + text] = text_visible[:, None, None, :]
    spatial[..., text:, 1 + text :] = slot_of_row[:, None] == slot_of_row[None]
    windows: list[Window | None] = list(patterns) or [None]
    temporal = np.zeros((len(windows), batch, 1, rows, 1 + rows), bool)
    temporal[..., 1 : 1 + text] = text_visible[None, :, None, None, :]
    for index, window in enumerate(windows):
        regions = np.tile(region_ids(grid, window, wrapped), len(GIVEN_SLOTS))
        temporal[index, ..., text:, 1 + text :] = regions[:, None] == regions[None]
    return as_bias(spatial), as_bias(temporal)


def masked_rows(
    text_visible: np.ndarray, grid: int, patterns: Patterns
) -> tuple[np.ndarray, np.ndarray]:
    """Biases of a pass over both wanted slots of a masked interpolation window: rows are slots 1
    and 3 with C cells each (S = 2*C). Cached are text in the spatial channel, and text and slots 0,
    2, 4 in the temporal one; the pass's own keys are the last columns.
    -> spatial [B, 1, S, T+S], temporal [W, B, 1, S, T+3*C+S].
    """
    batch, text = text_visible.shape
    cells = grid * grid
    rows, given = len(WANTED_SLOTS) * cells, len(GIVEN_SLOTS)
    slot_of_row = np.repeat(np.arange(len(WANTED_SLOTS)), cells)
    spatial = np.zeros((batch, 1, rows, text + rows), bool)
    spatial[..., :text] = text_visible[:, None, None, :]
    spatial[..., text:] = slot_of_row[:, None] == slot_of_row[None]
    windows: list[Window | None] = list(patterns) or [None]
    temporal = np.zeros((len(windows), batch, 1, rows, text + given * cells + rows), bool)
    temporal[..., :text] = text_visible[None, :, None, None, :]
    for index, window in enumerate(windows):
        regions = region_ids(grid, window)
        same = regions[:, None] == regions[None]
        temporal[index, ..., text:] = np.tile(same, (len(WANTED_SLOTS), FRAMES))
    return as_bias(spatial), as_bias(temporal)


def masked_positions(text_slots: int, grid: int) -> np.ndarray:
    """int32 [2*C]: position ids of the rows of such a pass."""
    own = np.arange(grid * grid)
    starts = [image_position(text_slots, grid, slot, 0) for slot in WANTED_SLOTS]
    return np.concatenate([start + own for start in starts]).astype(np.int32)


def masked_frame_rows(
    text_visible: np.ndarray, grid: int, patterns: Patterns, slot: int, causal: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Biases of a run over all cells of one key frame (S = C): of a pass over its masked cells, or,
    `causal`, of the run that keeps it, where rows see what they saw cell by cell. Cached are text
    in the spatial channel, and text and slots 0 .. slot-1 in the temporal one; the run's own keys
    are the last columns.
    -> spatial [B, 1, C, T+C], temporal [W, B, 1, C, T+slot*C+C].
    """
    batch, text = text_visible.shape
    cells = grid * grid
    own = np.tril(np.ones((cells, cells), bool)) if causal else np.ones((cells, cells), bool)
    spatial = np.zeros((batch, 1, cells, text + cells), bool)
    spatial[..., :text] = text_visible[:, None, None, :]
    spatial[..., text:] = own
    windows: list[Window | None] = list(patterns) or [None]
    temporal = np.zeros((len(windows), batch, 1, cells, text + (slot + 1) * cells), bool)
    temporal[..., :text] = text_visible[None, :, None, None, :]
    for index, window in enumerate(windows):
        regions = region_ids(grid, window)
        same = regions[:, None] == regions[None]
        temporal[index, ..., text : text + slot * cells] = np.tile(same, (1, slot))
        temporal[index, ..., text + slot * cells :] = same & own
    return as_bias(spatial), as_bias(temporal)


def prefill_positions(stage: Stage, text_slots: int, grid: int) -> np.ndarray:
    """int32 [S]: position ids of the prefill rows (text; for interpolation also slots 0, 2, 4)."""
    positions = [np.arange(text_slots)]
    if stage == "interpolation":
        for slot in GIVEN_SLOTS:
            positions.append(image_position(text_slots, grid, slot, 0) + np.arange(grid * grid))
    return np.concatenate(positions).astype(np.int32)


def key_frame_hint(
    frames: np.ndarray, slot: int, cell: int, null: int, opening: np.ndarray | None = None
) -> np.ndarray:
    """int32 [B, 2]: [token of this cell in the previous frame or null, id that opens the frame, or
    null for models that do not read it]; frames [B, 5, C], opening [B, 5]."""
    hint = np.full((frames.shape[0], 2), null, np.int32)
    if opening is not None:
        hint[:, 1] = opening[:, slot]
    if slot > 0:
        hint[:, 0] = frames[:, slot - 1, cell]
    return hint


def interpolation_hint(frames: np.ndarray, slot: int, cell: int, null: int) -> np.ndarray:
    """int32 [B, 2]: [token of this cell in slot-1, in slot+1] for slots 1 and 3, else nulls."""
    hint = np.full((frames.shape[0], 2), null, np.int32)
    if slot not in GIVEN_SLOTS:
        hint[:, 0] = frames[:, slot - 1, cell]
        hint[:, 1] = frames[:, slot + 1, cell]
    return hint
