/**
 * What a query may see: region layouts, attention biases, positions and hints, as pure functions;
 * the twin of training/transformer/visibility.py, which states the rules. Those of masked cells are
 * in maskedVisibility.ts.
 *
 * Biases are 0 where visible and MASKED elsewhere. Only the first `textSlots` text columns that
 * some sequence really uses are fed: padding is invisible everywhere, so leaving it out changes
 * nothing. Python keeps every cell of five frames in one temporal cache; here a layer keeps one
 * cache per window region, filled in the order in which cells are drawn. A query sees only its
 * own region, and of that a prefix: the same visible set, from fewer columns.
 */
import type { TemporalWindow } from '../../src/shared/manifest';
import { WINDOW_FRAMES } from './schedule';

export const MASKED = -10000;

/** Real text of each sequence: `lengths[b]` ids, then padding up to `slots`. */
export interface TextColumns {
  slots: number;
  lengths: readonly number[];
  /** Added to the scores of text keys. */
  boost: number;
}

/** The cells of a frame, parted into the regions of one window pattern. */
export interface RegionLayout {
  /** Region of each cell [cells]. */
  region: Int32Array;
  /** Place of each cell within its region, in row-major order [cells]. */
  rank: Int32Array;
  /** Cells of each region. */
  sizes: number[];
}

/**
 * Region of every cell [grid * grid]; all 0 without a window.
 *
 * @param wrapped joins the parts of a shifted window that lie at opposite edges of the frame, as in
 *   windows of the rolled image without a seam mask.
 */
export function regionIds(
  grid: number,
  window: TemporalWindow | undefined,
  wrapped = false,
): Int32Array {
  const ids = new Int32Array(grid * grid);
  if (window === undefined) return ids;
  const across = Math.floor((grid - 1 + window.shift) / window.width) + 1;
  const along = (place: number, side: number): number => {
    const region = Math.floor((place + window.shift) / side);
    return wrapped ? region % Math.ceil(grid / side) : region;
  };
  for (let cell = 0; cell < ids.length; cell++) {
    const regionRow = along(Math.floor(cell / grid), window.height);
    ids[cell] = regionRow * across + along(cell % grid, window.width);
  }
  return ids;
}

export function regionLayout(
  grid: number,
  window: TemporalWindow | undefined,
  wrapped = false,
): RegionLayout {
  const region = regionIds(grid, window, wrapped);
  const rank = new Int32Array(region.length);
  const sizes = new Array<number>(Math.max(...region) + 1).fill(0);
  region.forEach((id, cell) => {
    rank[cell] = sizes[id]!;
    sizes[id] = rank[cell] + 1;
  });
  return { region, rank, sizes };
}

/** One layout per window pattern; layer i uses pattern i mod length. */
export function patternLayouts(
  grid: number,
  windows: readonly TemporalWindow[],
  wrapped = false,
): RegionLayout[] {
  return windows.length === 0
    ? [regionLayout(grid, undefined)]
    : windows.map((window) => regionLayout(grid, window, wrapped));
}

/** Most slots of a spatial cache: text and one frame. */
export function spatialCapacity(textSlots: number, cells: number): number {
  return textSlots + cells;
}

/** Most slots of each region's temporal cache: text and the region's cells of five frames. */
export function temporalCapacity(textSlots: number, layouts: readonly RegionLayout[]): number {
  return temporalRoom(textSlots, layouts, WINDOW_FRAMES - 1);
}

/** Steps in which a spatial cache grows: with more of them, more time would go into moving rows. */
const ROOMS_OF_FRAME = 4;

/** Slots of a spatial cache that hold the text and the frame's cells up to `cell`, and few more. */
export function spatialRoom(textSlots: number, cells: number, cell: number): number {
  const room = Math.ceil(cells / ROOMS_OF_FRAME);
  return textSlots + Math.min(cells, room * (Math.floor(cell / room) + 1));
}

/** Slots of each region's temporal cache that hold the text and the frames up to `order`. */
export function temporalRoom(
  textSlots: number,
  layouts: readonly RegionLayout[],
  order: number,
): number {
  return textSlots + (order + 1) * Math.max(...layouts.flatMap((layout) => layout.sizes));
}

/** Temporal cache slot of a cell in its region's cache; `order` counts frames as they are drawn. */
export function temporalSlot(
  textSlots: number,
  layout: RegionLayout,
  order: number,
  cell: number,
): number {
  return textSlots + order * layout.sizes[layout.region[cell]!]! + layout.rank[cell]!;
}

/** Position id of a cell; text position t is t. `textLength` is the model's T, padding included. */
export function imagePosition(
  textLength: number,
  cells: number,
  frameSlot: number,
  cell: number,
): number {
  return textLength + frameSlot * cells + cell;
}

/** Writes the text columns of one row: real text visible (plus boost), padding hidden. */
export function fillText(
  bias: Float32Array,
  start: number,
  text: TextColumns,
  sequence: number,
): void {
  const length = text.lengths[sequence]!;
  bias.fill(text.boost, start, start + length);
  bias.fill(MASKED, start + length, start + text.slots);
}

/**
 * Biases of one decode step (one row), over all rows of the caches plus the row's own key.
 *
 * @param spatial [sequences, 1, 1, cached rows + 1], overwritten.
 * @param temporal [patterns, sequences, 1, 1, cached rows + 1], overwritten.
 * @param order how many frames of the window came before this one.
 */
export function fillStepBiases(
  spatial: Float32Array,
  temporal: Float32Array,
  text: TextColumns,
  layouts: readonly RegionLayout[],
  order: number,
  cell: number,
): void {
  const sequences = text.lengths.length;
  const spatialWidth = spatial.length / sequences;
  const temporalWidth = temporal.length / (sequences * layouts.length);
  for (let sequence = 0; sequence < sequences; sequence++) {
    fillRow(spatial, sequence, spatialWidth, text.slots + cell, text, sequence);
    for (const [pattern, layout] of layouts.entries()) {
      const visible = temporalSlot(text.slots, layout, order, cell);
      fillRow(temporal, pattern * sequences + sequence, temporalWidth, visible, text, sequence);
    }
  }
}

/** One bias row: text, then the columns below `visible`, then the row's own key at the end. */
function fillRow(
  bias: Float32Array,
  row: number,
  width: number,
  visible: number,
  text: TextColumns,
  sequence: number,
): void {
  const start = row * width;
  fillText(bias, start, text, sequence);
  bias.fill(0, start + text.slots, start + visible);
  bias.fill(MASKED, start + visible, start + width - 1);
  bias[start + width - 1] = 0;
}

/**
 * Biases of the first run of a window: `text.slots` text rows, then the rows of `givenFrames`
 * whole frames, after one hidden dummy cache slot. Key frames start from text alone
 * (`givenFrames` 0) or from a first frame, of which a cell sees those before it (`causal`);
 * interpolation from three given frames, which see each other wholly: in the spatial channel their
 * own frame, in the temporal channel their region of all three. Text rows see text, without the
 * boost, which would change nothing there.
 *
 * @param rules how the given frames see; by default wholly, with the boost in both channels.
 * @returns spatial [sequences, 1, S, 1 + S], temporal [patterns, sequences, 1, S, 1 + S].
 */
export function prefillBiases(
  text: TextColumns,
  layouts: readonly RegionLayout[],
  cells: number,
  givenFrames: number,
  rules: Partial<PrefillRules> = {},
): { spatial: Float32Array; temporal: Float32Array; rows: number } {
  const { causal = false, boostTemporal = true } = rules;
  const sequences = text.lengths.length;
  const rows = text.slots + givenFrames * cells;
  const width = 1 + rows;
  const spatial = new Float32Array(sequences * rows * width).fill(MASKED);
  const temporal = new Float32Array(layouts.length * sequences * rows * width).fill(MASKED);
  const plainText = { ...text, boost: 0 };
  for (let sequence = 0; sequence < sequences; sequence++) {
    for (let row = 0; row < rows; row++) {
      const start = (sequence * rows + row) * width + 1;
      fillText(spatial, start, row < text.slots ? plainText : text, sequence);
      if (row < text.slots) continue;
      const frame = Math.floor((row - text.slots) / cells);
      const frameStart = start + text.slots + frame * cells;
      spatial.fill(0, frameStart, causal ? start + row + 1 : frameStart + cells);
    }
    for (const [pattern, layout] of layouts.entries()) {
      const offset = (pattern * sequences + sequence) * rows * width;
      const boosted = boostTemporal ? text : plainText;
      fillPrefillTemporal(temporal, offset, boosted, sequence, layout, cells, givenFrames, causal);
    }
  }
  return { spatial, temporal, rows };
}

/** How given frames see in a prefill. */
export interface PrefillRules {
  /** A cell sees only cells up to itself: a given first key frame. */
  causal: boolean;
  /** Whether the text boost counts in the temporal channel; the release leaves it out. */
  boostTemporal: boolean;
}

function fillPrefillTemporal(
  temporal: Float32Array,
  offset: number,
  text: TextColumns,
  sequence: number,
  layout: RegionLayout,
  cells: number,
  givenFrames: number,
  causal: boolean,
): void {
  const rows = text.slots + givenFrames * cells;
  for (let row = 0; row < rows; row++) {
    const start = offset + row * (1 + rows) + 1;
    const isText = row < text.slots;
    fillText(temporal, start, isText ? { ...text, boost: 0 } : text, sequence);
    if (isText) continue;
    const region = layout.region[(row - text.slots) % cells]!;
    const columns = causal ? row - text.slots + 1 : givenFrames * cells;
    for (let column = 0; column < columns; column++) {
      if (layout.region[column % cells] === region) temporal[start + text.slots + column] = 0;
    }
  }
}

/** Position ids of the prefill rows: text, then the frames at `frameSlots` (given frames). */
export function prefillPositions(
  textSlots: number,
  textLength: number,
  cells: number,
  frameSlots: readonly number[],
): Int32Array {
  const positions = new Int32Array(textSlots + frameSlots.length * cells);
  for (let slot = 0; slot < textSlots; slot++) positions[slot] = slot;
  frameSlots.forEach((frameSlot, frame) => {
    for (let cell = 0; cell < cells; cell++) {
      const row = textSlots + frame * cells + cell;
      positions[row] = imagePosition(textLength, cells, frameSlot, cell);
    }
  });
  return positions;
}
