/** Puts rows of several tensors to their places in other ones: one workgroup for each row of each. */

/** Most pairs of a source and a target: every device binds eight storage buffers. */
export const MOST_PAIRS = 4;

/** u32 words of the settings: width and padding, then four for each of `MOST_PAIRS` pairs. */
export const ROW_WORDS = 4 + 4 * MOST_PAIRS;

/**
 * The shader for `pairs` sources and as many targets: row b of a source begins at its x + b * y, and
 * goes to z + b * w of its target, all in floats.
 */
export function scatterRows(pairs: number): string {
  const all = Array.from({ length: pairs }, (_, pair) => pair);
  return /* wgsl */ `
struct Rows {
  width: u32,
  places: array<vec4<u32>, ${MOST_PAIRS}>,
}

@group(0) @binding(0) var<uniform> rows: Rows;
${all
  .map(
    (pair) => `@group(0) @binding(${1 + pair}) var<storage, read> from_${pair}: array<f32>;
@group(0) @binding(${1 + pairs + pair}) var<storage, read_write> to_${pair}: array<f32>;`,
  )
  .join('\n')}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) row: vec3<u32>,
  @builtin(local_invocation_id) lane: vec3<u32>,
) {
  for (var i = lane.x; i < rows.width; i += 64u) {
${all
  .map((pair) => {
    const place = `rows.places[${pair}]`;
    return `    to_${pair}[${place}.z + row.x * ${place}.w + i] = from_${pair}[${place}.x + row.x * ${place}.y + i];`;
  })
  .join('\n')}
  }
}
`;
}
