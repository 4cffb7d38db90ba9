/** The shader that draws one cell's token in every window of a batch, one workgroup a window. */
import { drawCode } from './drawCode.wgsl';

/** What a window's row of the drawn tokens ends in: how many there are, and 1 after bad logits. */
export const ROW_END = 2;

/** Of the settings, rows are windows; sequence b * windows + w is branch b of window w. */
export const SAMPLE_TOKENS = /* wgsl */ `
${drawCode(16)}
struct Batch {
  sequences: u32,
  cells: u32
}

const ROW_END = ${ROW_END}u;

@group(0) @binding(3) var<uniform> batch: Batch;
/** Uniform numbers in [0, 1) [windows, cells]. */
@group(0) @binding(4) var<storage, read> numbers: array<f32>;
/** Tokens [windows, cells + ROW_END]. */
@group(0) @binding(5) var<storage, read_write> drawn: array<i32>;
/** Input of the next cell [sequences]. */
@group(0) @binding(6) var<storage, read_write> ids: array<i32>;

@compute @workgroup_size(THREADS)
fn sample(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let window = group.x;
  let first = window * settings.codes;
  let row = window * (batch.cells + ROW_END);
  let cell = u32(drawn[row + batch.cells]);

  let best = fill_keys(window, first, thread);
  var place = Place(best, 0u);
  if (settings.kept > 1u && settings.temperature > 0.0) {
    let kept = kept_codes(first, thread);
    fill_weights(best, settings.temperature, first, thread);
    place = code_at(numbers[window * batch.cells + cell], kept, best, first, thread);
  }
  var id = id_of(place, first, thread);
  if (thread > 0u) { return; }

  if (id == UNUSABLE) {
    drawn[row + batch.cells + 1u] = 1;
    id = 0;
  }
  drawn[row + cell] = id;
  drawn[row + batch.cells] = i32(cell + 1u);
  for (var sequence = window; sequence < batch.sequences; sequence += settings.rows) {
    ids[sequence] = id;
  }
}
`;
