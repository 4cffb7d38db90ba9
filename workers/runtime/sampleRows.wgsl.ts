/** The shader that draws hidden cells of a pass and says how sure the model is, one workgroup a cell. */
import { drawCode } from './drawCode.wgsl';

/** Of the settings, rows are those of all windows: row w * R + r is row r of window w's R.
 *  Few threads draw a row, as there are many rows. */
export const SAMPLE_ROWS = /* wgsl */ `
${drawCode(8)}
struct HiddenRow {
  row: u32,
  number: f32    // uniform in [0, 1)
}

struct SureToken {
  token: i32,    // UNUSABLE where logits were not numbers
  sureness: f32  // logarithm of its share among the kept codes, at temperature 1
}

/** Of each workgroup. */
@group(0) @binding(3) var<storage, read> hidden: array<HiddenRow>;
@group(0) @binding(4) var<storage, read_write> drawn: array<SureToken>;

@compute @workgroup_size(THREADS)
fn sample(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let first = group.x * settings.codes;
  let best = fill_keys(hidden[group.x].row, first, thread);
  let kept = kept_codes(first, thread);
  fill_weights(best, 1.0, first, thread);
  let mass = mass_of(kept, best, 1.0, first, thread);
  var place = Place(best, 0u);
  if (settings.temperature > 0.0) {
    if (settings.temperature != 1.0) { fill_weights(best, settings.temperature, first, thread); }
    place = code_at(hidden[group.x].number, kept, best, first, thread);
  }
  let id = id_of(place, first, thread);
  if (thread > 0u) { return; }
  drawn[group.x] = SureToken(id, number_of(place.key) - number_of(best) - log(mass));
}
`;
