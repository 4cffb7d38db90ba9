/** What all shaders that draw tokens share: how a workgroup draws one code from a row of logits. */

/**
 * The twin of `mixGuidance` and `drawSure` in float32. Nothing is sorted: logits are ordered as
 * their keys are, unsigned numbers, and the last key that is kept and the one that is drawn are
 * searched two bits at a time, as the largest from which on there are enough codes, or is enough
 * mass. Sums go down a fixed tree, so that a lower key never has less mass, whatever is rounded.
 *
 * NaN and infinity are told by their bits: compilers may take it that there are none.
 *
 * The parts belong together in this order: `fill_keys`, then, where chance or shares have a say,
 * `kept_codes`, `fill_weights` and `code_at`, and in the end `id_of`. One workgroup draws one row.
 *
 * @param side root of the number of a workgroup's threads.
 */
export const drawCode = (side: number): string => /* wgsl */ `
struct Settings {
  rows: u32,       // of one guidance branch
  codes: u32,
  kept: u32,       // codes that can be drawn, 1..codes
  guidance: f32,   // 1: the conditional branch alone
  floor: f32,      // share of the likeliest code's probability, 0: off
  temperature: f32 // 0 takes the best code
}

struct Candidate {
  key: u32,
  weight: f32      // exp((logit - best) / temperature); 0 for codes that are never drawn
}

/** The codes that can be drawn: those above a key, and of those at the key the ones of low ids. */
struct Kept {
  last: u32,       // 0: there is nothing at it
  ties: f32        // how many at it are kept
}

/** A code by its key, and how many of lower ids have the same. */
struct Place {
  key: u32,
  ties_before: u32
}

const SIDE = ${side}u;
const THREADS = SIDE * SIDE;
/** Key of codes that are never drawn; no number has it. */
const NEVER = 0u;
/** In the place of an id, where logits are not numbers. */
const UNUSABLE = -1;

@group(0) @binding(0) var<uniform> settings: Settings;
/** Bits of float32 [branches * rows, codes], the conditional branch first. */
@group(0) @binding(1) var<storage, read> logits: array<u32>;
/** Scratch: the workgroup's own codes begin at its 'first'. */
@group(0) @binding(2) var<storage, read_write> candidates: array<Candidate>;

var<workgroup> parts: array<vec3f, THREADS>;
var<workgroup> few_parts: array<vec3f, SIDE>;
var<workgroup> sums: vec3f;
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

/** The sums over all threads, for each of them. */
fn sums_of_threads(part: vec3f, thread: u32) -> vec3f {
  parts[thread] = part;
  workgroupBarrier();
  if (thread < SIDE) {
    var some = vec3f(0.0);
    for (var i = 0u; i < SIDE; i++) { some += parts[SIDE * thread + i]; }
    few_parts[thread] = some;
  }
  workgroupBarrier();
  if (thread == 0u) {
    var all = vec3f(0.0);
    for (var i = 0u; i < SIDE; i++) { all += few_parts[i]; }
    sums = all;
  }
  return workgroupUniformLoad(&sums);
}

/** Mass of the codes whose keys are not below each of 'least'; counting: their number. */
fn sums_from(least: vec3u, counting: bool, first: u32, thread: u32) -> vec3f {
  var part = vec3f(0.0);
  for (var code = thread; code < settings.codes; code += THREADS) {
    let candidate = candidates[first + code];
    let share = vec3f(select(candidate.weight, 1.0, counting));
    part += select(vec3f(0.0), share, vec3u(candidate.key) >= least);
  }
  return sums_of_threads(part, thread);
}

fn sum_from(least: u32, counting: bool, first: u32, thread: u32) -> f32 {
  return sums_from(vec3u(least), counting, first, thread).x;
}

/** The largest key from which on there is more than 'enough' mass, or number; 0 if there is none. */
fn last_key_with_more(enough: f32, counting: bool, first: u32, thread: u32) -> u32 {
  var key = 0u;
  for (var shift = 32u; shift > 0u;) {
    shift -= 2u;
    let higher = vec3u(key) | (vec3u(1u, 2u, 3u) << vec3u(shift));
    let more = vec3u(sums_from(higher, counting, first, thread) > vec3f(enough));
    key |= (more.x + more.y + more.z) << shift;
  }
  return key;
}

/** The conditional logit from which on a code may be drawn under guidance. */
fn least_conditional(row: u32, thread: u32) -> f32 {
  var best = 0u;
  for (var code = thread; code < settings.codes; code += THREADS) {
    best = max(best, key_of(logits[row * settings.codes + code]));
  }
  atomicMax(&best_conditional, best);
  workgroupBarrier();
  return number_of(atomicLoad(&best_conditional)) + log(settings.floor);
}

/** The key of one code's logit after guidance; notes what is not a number. */
fn mixed_key(row: u32, code: u32, least: f32) -> u32 {
  let bits = logits[row * settings.codes + code];
  let with_text = bitcast<f32>(bits);
  if (settings.guidance == 1.0) {
    if (bits == 0xff800000u) { return NEVER; }
    if (!is_finite(bits)) { atomicStore(&unusable, 1u); }
    return key_of(bits);
  }
  if (settings.floor > 0.0 && !is_nan(bits) && with_text < least) { return NEVER; }
  let without_bits = logits[(settings.rows + row) * settings.codes + code];
  if (bits == 0xff800000u && is_finite(without_bits)) { return NEVER; }
  let without = bitcast<f32>(without_bits);
  let mixed = bitcast<u32>(without + settings.guidance * (with_text - without));
  if (!is_finite(bits) || !is_finite(without_bits) || !is_finite(mixed)) {
    atomicStore(&unusable, 1u);
  }
  return key_of(mixed);
}

/** Fills the keys of a row's candidates; the best one. */
fn fill_keys(row: u32, first: u32, thread: u32) -> u32 {
  var least = 0.0;
  if (settings.floor > 0.0 && settings.guidance != 1.0) {
    least = least_conditional(row, thread);
  }
  var best = NEVER;
  for (var code = thread; code < settings.codes; code += THREADS) {
    let key = mixed_key(row, code, least);
    candidates[first + code].key = key;
    best = max(best, key);
  }
  atomicMax(&best_logit, best);
  workgroupBarrier();
  return atomicLoad(&best_logit);
}

fn weight_of(key: u32, best: u32, temperature: f32) -> f32 {
  return exp((number_of(key) - number_of(best)) / temperature);
}

/** Fills the weights that belong to the keys. */
fn fill_weights(best: u32, temperature: f32, first: u32, thread: u32) {
  for (var code = thread; code < settings.codes; code += THREADS) {
    let key = candidates[first + code].key;
    candidates[first + code].weight = select(weight_of(key, best, temperature), 0.0, key == NEVER);
  }
}

fn kept_codes(first: u32, thread: u32) -> Kept {
  var last = 0u;
  if (settings.kept < settings.codes) {
    last = last_key_with_more(f32(settings.kept) - 0.5, true, first, thread);
  }
  return Kept(last, f32(settings.kept) - sum_from(last + 1u, true, first, thread));
}

/** Mass of the kept codes, by the weights that were filled. */
fn mass_of(kept: Kept, best: u32, temperature: f32, first: u32, thread: u32) -> f32 {
  var tie_mass = 0.0;
  if (kept.last > 0u) { tie_mass = kept.ties * weight_of(kept.last, best, temperature); }
  return sum_from(kept.last + 1u, false, first, thread) + tie_mass;
}

/** The kept code at which the mass exceeds the share 'number' of all, by the weights that were filled
 *  at the temperature of the settings. */
fn code_at(number: f32, kept: Kept, best: u32, first: u32, thread: u32) -> Place {
  let total = mass_of(kept, best, settings.temperature, first, thread);
  // Below the total even when the product was rounded up.
  let target_mass = min(number * total, bitcast<f32>(bitcast<u32>(total) - 1u));
  let key = max(kept.last, last_key_with_more(target_mass, false, first, thread));
  let before = sum_from(key + 1u, false, first, thread);
  let codes_before = sum_from(key + 1u, true, first, thread);
  let equal = sum_from(key, true, first, thread) - codes_before;
  let ties = select(equal, kept.ties, key == kept.last);
  let weight = weight_of(key, best, settings.temperature);
  return Place(key, u32(clamp((target_mass - before) / weight, 0.0, ties - 1.0)));
}

/** The id at a place, for the first thread; UNUSABLE where logits were not numbers. */
fn id_of(place: Place, first: u32, thread: u32) -> i32 {
  for (var code = thread; code < settings.codes; code += THREADS) {
    if (candidates[first + code].key == place.key) {
      atomicMax(&codes_from_first, settings.codes - code);
      break;
    }
  }
  storageBarrier();
  workgroupBarrier();
  if (thread > 0u) { return 0; }
  if (atomicLoad(&best_logit) == NEVER || atomicLoad(&unusable) == 1u) { return UNUSABLE; }
  var id = settings.codes - atomicLoad(&codes_from_first);
  var ties_before = place.ties_before;
  while (ties_before > 0u && id + 1u < settings.codes) {
    id++;
    if (candidates[first + id].key == place.key) { ties_before--; }
  }
  return i32(id);
}
`;
