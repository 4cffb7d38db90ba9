/** The shader that draws one cell's token in every window of a batch, one workgroup a window. */

/** What a window's row of the drawn tokens ends in: how many there are, and 1 after bad logits. */
export const ROW_END = 2;

/**
 * The twin of `mixGuidance` and `sampleTopK` in float32. Nothing is sorted: logits are ordered as
 * their keys are, unsigned numbers, and the last key that is kept and the one that is drawn are
 * searched bit by bit, as the largest from which on there are enough codes, or is enough mass. Sums
 * go down a fixed tree, so that a lower key never has less mass, whatever is rounded.
 *
 * NaN and infinity are told by their bits: compilers may take it that there are none.
 */
export const SAMPLE_TOKENS = /* wgsl */ `
struct Settings {
  windows: u32,
  sequences: u32,
  codes: u32,
  cells: u32,
  kept: u32,       // codes that can be drawn, 1..codes
  guidance: f32,   // 1: the conditional branch alone
  floor: f32,      // share of the likeliest code's probability, 0: off
  temperature: f32 // above 0 where more than one code is kept
}

struct Candidate {
  key: u32,
  weight: f32,     // exp((logit - best) / temperature); 0 for codes that are never drawn
}

const THREADS = 256u;
const ROW_END = ${ROW_END}u;
/** Key of codes that are never drawn; no number has it. */
const NEVER = 0u;

@group(0) @binding(0) var<uniform> settings: Settings;
/** Bits of float32 [sequences, codes]; sequence b * windows + w is branch b of window w. */
@group(0) @binding(1) var<storage, read> logits: array<u32>;
/** Uniform numbers in [0, 1) [windows, cells]. */
@group(0) @binding(2) var<storage, read> numbers: array<f32>;
/** Tokens [windows, cells + ROW_END]. */
@group(0) @binding(3) var<storage, read_write> drawn: array<i32>;
/** Input of the next cell [sequences]. */
@group(0) @binding(4) var<storage, read_write> ids: array<i32>;
/** Scratch [windows, codes]. */
@group(0) @binding(5) var<storage, read_write> candidates: array<Candidate>;

var<workgroup> parts: array<f32, THREADS>;
var<workgroup> few_parts: array<f32, 16>;
var<workgroup> sum: f32;
var<workgroup> best_conditional: atomic<u32>;
var<workgroup> best_logit: atomic<u32>;
var<workgroup> unusable: atomic<u32>;
/** Codes less the lowest id of the drawn key: memory begins as 0, so a largest number is sought. */
var<workgroup> codes_from_first: atomic<u32>;

fn is_finite(bits: u32) -> bool {
  return (bits & 0x7f800000u) != 0x7f800000u;
}

fn is_nan(bits: u32) -> bool {
  return (bits & 0x7fffffffu) > 0x7f800000u;
}

/** Keys of float32 numbers are ordered as the numbers are; -0 equals 0. */
fn key_of(bits: u32) -> u32 {
  if (bits == 0x80000000u) { return 0x80000000u; }
  return select(bits | 0x80000000u, ~bits, bits >> 31u == 1u);
}

fn number_of(key: u32) -> f32 {
  return bitcast<f32>(select(~key, key & 0x7fffffffu, key >> 31u == 1u));
}

/** The sum over all threads, for each of them. */
fn sum_of_threads(part: f32, thread: u32) -> f32 {
  parts[thread] = part;
  workgroupBarrier();
  if (thread < 16u) {
    var some = 0.0;
    for (var i = 0u; i < 16u; i++) { some += parts[16u * thread + i]; }
    few_parts[thread] = some;
  }
  workgroupBarrier();
  if (thread == 0u) {
    var all = 0.0;
    for (var i = 0u; i < 16u; i++) { all += few_parts[i]; }
    sum = all;
  }
  return workgroupUniformLoad(&sum);
}

/** Mass of the codes whose keys are not below 'least'; counting: their number. */
fn sum_from(least: u32, counting: bool, first: u32, thread: u32) -> f32 {
  var part = 0.0;
  for (var code = thread; code < settings.codes; code += THREADS) {
    let candidate = candidates[first + code];
    if (candidate.key >= least) { part += select(candidate.weight, 1.0, counting); }
  }
  return sum_of_threads(part, thread);
}

/** The largest key from which on there is more than 'enough' mass, or number; 0 if there is none. */
fn last_key_with_more(enough: f32, counting: bool, first: u32, thread: u32) -> u32 {
  var key = 0u;
  for (var bit = 32u; bit > 0u; bit--) {
    let higher = key | (1u << (bit - 1u));
    if (sum_from(higher, counting, first, thread) > enough) { key = higher; }
  }
  return key;
}

/** The conditional logit from which on a code may be drawn under guidance. */
fn least_conditional(window: u32, thread: u32) -> f32 {
  var best = 0u;
  for (var code = thread; code < settings.codes; code += THREADS) {
    best = max(best, key_of(logits[window * settings.codes + code]));
  }
  atomicMax(&best_conditional, best);
  workgroupBarrier();
  return number_of(atomicLoad(&best_conditional)) + log(settings.floor);
}

/** The key of one code's logit after guidance; notes what is not a number. */
fn mixed_key(window: u32, code: u32, least: f32) -> u32 {
  let bits = logits[window * settings.codes + code];
  let with_text = bitcast<f32>(bits);
  if (settings.guidance == 1.0) {
    if (bits == 0xff800000u) { return NEVER; }
    if (!is_finite(bits)) { atomicStore(&unusable, 1u); }
    return key_of(bits);
  }
  if (settings.floor > 0.0 && !is_nan(bits) && with_text < least) { return NEVER; }
  let without_bits = logits[(settings.windows + window) * settings.codes + code];
  if (bits == 0xff800000u && is_finite(without_bits)) { return NEVER; }
  let without = bitcast<f32>(without_bits);
  let mixed = bitcast<u32>(without + settings.guidance * (with_text - without));
  if (!is_finite(bits) || !is_finite(without_bits) || !is_finite(mixed)) {
    atomicStore(&unusable, 1u);
  }
  return key_of(mixed);
}

@compute @workgroup_size(THREADS)
fn sample(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let window = group.x;
  let first = window * settings.codes;
  let row = window * (settings.cells + ROW_END);
  let cell = u32(drawn[row + settings.cells]);

  var least = 0.0;
  if (settings.floor > 0.0 && settings.guidance != 1.0) {
    least = least_conditional(window, thread);
  }
  var best_key = NEVER;
  for (var code = thread; code < settings.codes; code += THREADS) {
    let key = mixed_key(window, code, least);
    candidates[first + code].key = key;
    best_key = max(best_key, key);
  }
  atomicMax(&best_logit, best_key);
  workgroupBarrier();
  best_key = atomicLoad(&best_logit);

  var drawn_key = best_key;
  var ties_before = 0u;
  if (settings.kept > 1u) {
    let best = number_of(best_key);
    for (var code = thread; code < settings.codes; code += THREADS) {
      let key = candidates[first + code].key;
      let weight = exp((number_of(key) - best) / settings.temperature);
      candidates[first + code].weight = select(weight, 0.0, key == NEVER);
    }
    // Of the codes at the last kept key, those with low ids are kept; at key 0 there is nothing.
    var last_kept = 0u;
    if (settings.kept < settings.codes) {
      last_kept = last_key_with_more(f32(settings.kept) - 0.5, true, first, thread);
    }
    let kept_ties = f32(settings.kept) - sum_from(last_kept + 1u, true, first, thread);
    let above = sum_from(last_kept + 1u, false, first, thread);
    var tie_mass = 0.0;
    if (last_kept > 0u) {
      tie_mass = kept_ties * exp((number_of(last_kept) - best) / settings.temperature);
    }
    let total = above + tie_mass;
    // Below the total even when the product was rounded up.
    let product = numbers[window * settings.cells + cell] * total;
    let target_mass = min(product, bitcast<f32>(bitcast<u32>(total) - 1u));

    drawn_key = max(last_kept, last_key_with_more(target_mass, false, first, thread));
    let before = sum_from(drawn_key + 1u, false, first, thread);
    let codes_before = sum_from(drawn_key + 1u, true, first, thread);
    let equal = sum_from(drawn_key, true, first, thread) - codes_before;
    let ties = select(equal, kept_ties, drawn_key == last_kept);
    let weight = exp((number_of(drawn_key) - best) / settings.temperature);
    ties_before = u32(clamp((target_mass - before) / weight, 0.0, ties - 1.0));
  }

  for (var code = thread; code < settings.codes; code += THREADS) {
    if (candidates[first + code].key == drawn_key) {
      atomicMax(&codes_from_first, settings.codes - code);
      break;
    }
  }
  storageBarrier();
  workgroupBarrier();
  if (thread > 0u) { return; }

  var id = settings.codes - atomicLoad(&codes_from_first);
  while (ties_before > 0u && id + 1u < settings.codes) {
    id++;
    if (candidates[first + id].key == drawn_key) { ties_before--; }
  }
  if (best_key == NEVER || atomicLoad(&unusable) == 1u) {
    drawn[row + settings.cells + 1u] = 1;
    id = 0u;
  }
  drawn[row + cell] = i32(id);
  drawn[row + settings.cells] = i32(cell + 1u);
  for (var sequence = window; sequence < settings.sequences; sequence += settings.windows) {
    ids[sequence] = i32(id);
  }
}
`;
