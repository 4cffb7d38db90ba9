/** The shaders around a wave: what its run reads, and the tokens that it draws. */
import { MASKED } from '../sampling/visibility';
import { drawCode } from './drawCode.wgsl';

/** Most frames of a wave: two vectors of four. */
export const MOST_ROWS = 8;

/** Threads of a workgroup. */
export const INPUT_THREADS = 64;

/** What the shaders are told of the batch, once: u32 words in this order, then the boost. */
export const SHAPE_WORDS = [
  'sequences',
  'windows',
  'rows',
  'cells',
  'text_slots',
  'text_length',
  'patterns',
  'lag',
  'null_hint',
] as const;

/** Sequence b is of window b % windows; row r is frame r, in slot r. */
const BATCH = /* wgsl */ `
struct Shape {
  ${SHAPE_WORDS.map((name) => `${name}: u32,`).join('\n  ')}
  boost: f32      // added to the scores of text keys
}

/** The cell of each row, below 0 where it is idle. */
struct Wave {
  cells: array<vec4i, ${MOST_ROWS / 4}>
}

fn cell_of(row: u32) -> i32 {
  return wave.cells[row / 4u][row % 4u];
}
`;

/** Ids, hints and positions of a wave's rows, from the tokens that were drawn before it. */
export const WAVE_ROWS = /* wgsl */ `
${BATCH}
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<uniform> wave: Wave;
/** Ids that open the frames [sequences, rows]. */
@group(0) @binding(2) var<storage, read> opening: array<i32>;
/** Tokens [windows, rows, cells]. */
@group(0) @binding(3) var<storage, read> drawn: array<i32>;
/** [sequences, rows] */
@group(0) @binding(4) var<storage, read_write> ids: array<i32>;
/** [sequences, rows, 2] */
@group(0) @binding(5) var<storage, read_write> hints: array<i32>;
/** [sequences, rows] */
@group(0) @binding(6) var<storage, read_write> positions: array<i32>;

@compute @workgroup_size(${INPUT_THREADS})
fn fill(@builtin(global_invocation_id) thread: vec3u) {
  let at = thread.x;
  if (at >= shape.sequences * shape.rows) { return; }
  let row = at % shape.rows;
  let window = (at / shape.rows) % shape.windows;
  let cell = u32(max(0, cell_of(row)));
  let frame = (window * shape.rows + row) * shape.cells;
  positions[at] = i32(shape.text_length + row * shape.cells + cell);
  if (cell == 0u) { ids[at] = opening[at]; } else { ids[at] = drawn[frame + cell - 1u]; }
  // As fillHints has them for key frames.
  var before = i32(shape.null_hint);
  if (row > 0u) { before = drawn[frame - shape.cells + cell]; }
  hints[2u * at] = before;
  hints[2u * at + 1u] = opening[at];
}
`;

/** Attention biases of a wave's rows: the twin of \`waveBiases\` without given frames. One workgroup
 *  fills a row of one channel or pattern; the first are the spatial ones. */
export const WAVE_BIASES = /* wgsl */ `
${BATCH}
const MASKED = ${MASKED}.0;

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<uniform> wave: Wave;
/** Of each sequence's text. */
@group(0) @binding(2) var<storage, read> lengths: array<u32>;
/** Of each cell [patterns, cells]. */
@group(0) @binding(3) var<storage, read> regions: array<u32>;
/** [sequences, rows, text_slots + rows * cells + rows] */
@group(0) @binding(4) var<storage, read_write> spatial: array<f32>;
/** [patterns, sequences, rows, text_slots + rows * cells + rows] */
@group(0) @binding(5) var<storage, read_write> temporal: array<f32>;

fn sees(pattern: u32, row: u32, cell: i32, frame: u32, other: u32) -> bool {
  if (cell < 0 || frame > row) { return false; }
  let own = u32(cell);
  if (frame == row && other >= own) { return false; }
  if (pattern == 0u) { return frame == row; }
  let first = (pattern - 1u) * shape.cells;
  if (regions[first + other] != regions[first + own]) { return false; }
  return frame == row || shape.lag == 0u || other < own + (row - frame) * shape.lag;
}

@compute @workgroup_size(${INPUT_THREADS})
fn fill(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let rows = shape.sequences * shape.rows;
  let pattern = group.x / rows;
  let at = group.x % rows;
  let row = at % shape.rows;
  let cell = cell_of(row);
  let cached = shape.text_slots + shape.rows * shape.cells;
  let width = cached + shape.rows;
  for (var column = thread; column < width; column += ${INPUT_THREADS}u) {
    var bias = MASKED;
    if (column < shape.text_slots) {
      if (column < lengths[at / shape.rows]) { bias = shape.boost; }
    } else if (column >= cached) {
      if (column - cached == row) { bias = 0.0; }
    } else {
      let place = column - shape.text_slots;
      if (sees(pattern, row, cell, place / shape.cells, place % shape.cells)) { bias = 0.0; }
    }
    if (pattern == 0u) {
      spatial[at * width + column] = bias;
    } else {
      temporal[((pattern - 1u) * rows + at) * width + column] = bias;
    }
  }
}
`;

/** Draws the token of one row in one window, one workgroup each. Of the settings, rows are those of all
 *  windows: row w * R + r is row r of window w's R. */
export const SAMPLE_WAVE = /* wgsl */ `
${drawCode(16)}
${BATCH}
@group(0) @binding(3) var<uniform> shape: Shape;
@group(0) @binding(4) var<uniform> wave: Wave;
/** Uniform numbers in [0, 1) [windows, rows, cells]. */
@group(0) @binding(5) var<storage, read> numbers: array<f32>;
/** Tokens [windows, rows, cells]; behind them 1 after bad logits. */
@group(0) @binding(6) var<storage, read_write> drawn: array<i32>;

@compute @workgroup_size(THREADS)
fn sample(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let cell = cell_of(group.x % shape.rows);
  if (cell < 0) { return; }
  let first = group.x * settings.codes;
  let place_of_cell = group.x * shape.cells + u32(cell);

  let best = fill_keys(group.x, first, thread);
  var place = Place(best, 0u);
  if (settings.kept > 1u && settings.temperature > 0.0) {
    let kept = kept_codes(first, thread);
    fill_weights(best, settings.temperature, first, thread);
    place = code_at(numbers[place_of_cell], kept, best, first, thread);
  }
  var id = id_of(place, first, thread);
  if (thread > 0u) { return; }
  if (id == UNUSABLE) {
    drawn[shape.windows * shape.rows * shape.cells] = 1;
    id = 0;
  }
  drawn[place_of_cell] = id;
}
`;
