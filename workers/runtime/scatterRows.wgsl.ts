/** Puts rows of several tensors to their places in other ones: one workgroup for each row of each
 *  block. */

/** Most pairs of a source and a target: every device binds eight storage buffers. */
export const MOST_PAIRS = 4;
/** Most rows of a block. */
export const MOST_ROWS = 8;

/** u32 words of the settings in front of `places`: width, rows of a block and padding; then the
 *  distances of a source's and a target's blocks, and padding, of each pair. */
export const PLACES_AT = 4 + 4 * MOST_PAIRS;
/** u32 words of the settings: where a row begins in its source and in its target, of each pair. */
export const ROW_WORDS = PLACES_AT + 2 * MOST_PAIRS * MOST_ROWS;

/**
 * The shader for `pairs` sources and as many targets: row r of block b of a source begins at place +
 * b * distance, and goes there in its target by the numbers of that, all in floats.
 */
export function scatterRows(pairs: number): string {
  const all = Array.from({ length: pairs }, (_, pair) => pair);
  return /* wgsl */ `
struct Rows {
  width: u32,
  count: u32,
  distances: array<vec4<u32>, ${MOST_PAIRS}>,
  places: array<vec4<u32>, ${(MOST_PAIRS * MOST_ROWS) / 2}>,
}

@group(0) @binding(0) var<uniform> rows: Rows;
${all
  .map(
    (pair) => `@group(0) @binding(${1 + pair}) var<storage, read> from_${pair}: array<f32>;
@group(0) @binding(${1 + pairs + pair}) var<storage, read_write> to_${pair}: array<f32>;`,
  )
  .join('\n')}

/** Where a block's row begins in a pair's source and target. */
fn begin_of(pair: u32, block: u32, row: u32) -> vec2<u32> {
  let two = rows.places[(pair * ${MOST_ROWS}u + row) / 2u];
  return select(two.xy, two.zw, row % 2u == 1u) + block * rows.distances[pair].xy;
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_id) lane: vec3<u32>,
) {
  let block = group.x / rows.count;
  let row = group.x % rows.count;
${all.map((pair) => `  let begin_${pair} = begin_of(${pair}u, block, row);`).join('\n')}
  for (var i = lane.x; i < rows.width; i += 64u) {
${all
  .map((pair) => `    to_${pair}[begin_${pair}.y + i] = from_${pair}[begin_${pair}.x + i];`)
  .join('\n')}
  }
}
`;
}
