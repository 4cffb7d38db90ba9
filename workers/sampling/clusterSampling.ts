/**
 * Cluster sampling of codes (CogVideo): the twin of training/transformer/cluster_sampling.py, which
 * states the rule. A cluster is drawn by its mass, then a code of it; one number draws both.
 */
import { FlipbookError } from '../../src/shared/errors';

/** A fixed map of codes to clusters of similar codes, and how they are drawn. */
export interface ClusterSampling {
  /** Cluster of each code [codes], from 0. */
  clusters: Int32Array;
  /** Of codes and clusters, above 0. */
  temperature: number;
  /** Clusters of largest mass that can be drawn, at least 1. */
  kept: number;
  /** Multiplies `temperature` within the cluster, above 0. */
  innerTemperature: number;
}

/** The clusters that can be drawn, likeliest first, and their shares of the kept mass. */
export interface ClusterShares {
  kept: number[];
  weights: number[];
}

/**
 * Draws one code.
 *
 * @param logits [codes]; codes of -Infinity are never drawn.
 * @param u uniform number in [0, 1).
 * @throws FlipbookError Internal when the logits hold NaN or nothing finite.
 */
export function sampleCluster(logits: Float64Array, sampling: ClusterSampling, u: number): number {
  const { kept, weights } = clusterShares(logits, sampling);
  const [rank, within] = placeOf(weights, u);
  const codes = codesOf(sampling.clusters, kept[rank]!);
  return codes[placeOf(codeWeights(logits, codes, sampling), within)[0]]!;
}

/** The kept clusters; equal masses keep the lower cluster first. */
export function clusterShares(
  logits: Float64Array,
  { clusters, temperature, kept }: ClusterSampling,
): ClusterShares {
  const best = largest(logits);
  const masses: number[] = [];
  clusters.forEach((cluster, code) => {
    const weight = Math.exp((logits[code]! - best) / temperature);
    masses[cluster] = (masses[cluster] ?? 0) + weight;
  });
  const ids = [...masses.keys()].sort((a, b) => mass(masses, b) - mass(masses, a) || a - b);
  const chosen = ids.slice(0, kept);
  const total = chosen.reduce((sum, id) => sum + mass(masses, id), 0);
  return { kept: chosen, weights: chosen.map((id) => mass(masses, id) / total) };
}

/** How likely each code is drawn [codes]. */
export function codeProbabilities(logits: Float64Array, sampling: ClusterSampling): Float64Array {
  const found = new Float64Array(logits.length);
  const { kept, weights } = clusterShares(logits, sampling);
  kept.forEach((cluster, rank) => {
    if (weights[rank] === 0) return;
    const codes = codesOf(sampling.clusters, cluster);
    const inside = codeWeights(logits, codes, sampling);
    const total = inside.reduce((sum, weight) => sum + weight, 0);
    codes.forEach((code, index) => {
      found[code] = (weights[rank]! * inside[index]!) / total;
    });
  });
  return found;
}

/** A number without codes has no mass. */
function mass(masses: readonly number[], cluster: number): number {
  return masses[cluster] ?? 0;
}

function codesOf(clusters: Int32Array, cluster: number): number[] {
  const codes: number[] = [];
  clusters.forEach((id, code) => {
    if (id === cluster) codes.push(code);
  });
  return codes;
}

/** Weights of a cluster's codes, the best 1. */
function codeWeights(
  logits: Float64Array,
  codes: readonly number[],
  { temperature, innerTemperature }: ClusterSampling,
): number[] {
  const best = codes.reduce((most, code) => Math.max(most, logits[code]!), -Infinity);
  const inner = temperature * innerTemperature;
  return codes.map((code) => Math.exp((logits[code]! - best) / inner));
}

/** The entry in whose part of the summed weights u falls, and where in that part, [0, 1). */
function placeOf(weights: readonly number[], u: number): [rank: number, within: number] {
  const target = u * weights.reduce((sum, weight) => sum + weight, 0);
  const last = weights.findLastIndex((weight) => weight > 0);
  let before = 0;
  for (const [rank, weight] of weights.entries()) {
    if (rank === last || before + weight > target) {
      const within = Math.max(0, (target - before) / weight);
      return [rank, Math.min(within, 1 - 2 ** -53)];
    }
    before += weight;
  }
  throw new RangeError('there is nothing to draw from');
}

function largest(logits: Float64Array): number {
  let most = -Infinity;
  for (const logit of logits) most = logit > most || Number.isNaN(logit) ? logit : most;
  if (Number.isFinite(most)) return most;
  throw new FlipbookError(
    'Internal',
    'The model returned values that are not numbers. Generate again; if it repeats, choose the ' +
      'WebAssembly backend with ?backend=wasm.',
  );
}
