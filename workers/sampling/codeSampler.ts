/** Drawing one code from a row of logits, by whichever method the package uses. */
import type { ModelManifest } from '../../src/shared/manifest';
import { sampleCluster } from './clusterSampling';
import { sampleTopK } from './sampleTopK';
import type { SamplerScratch } from './sampleTopK';

/** Of one step; `topK` counts clusters where the package draws by clusters. */
export interface CodeSampling {
  temperature: number;
  /** 0 keeps all. */
  topK: number;
}

/** Draws a code from logits [codes] with one uniform number in [0, 1). */
export type DrawCode = (logits: Float64Array, u: number) => number;

/**
 * One number draws a code, and with clusters both a cluster and a code of it.
 *
 * @param clusters cluster of each code [codes] where the manifest has `sampling.clusters`.
 * @throws RangeError where one has clusters and the other none, or for a temperature of 0 with them.
 */
export function codeSampler(
  { temperature, topK }: CodeSampling,
  { sampling }: Pick<ModelManifest, 'sampling'>,
  clusters: Int32Array | undefined,
  scratch: SamplerScratch,
): DrawCode {
  if (!sampling.clusters && !clusters) {
    return (logits, u) => sampleTopK(logits, temperature, topK, u, scratch);
  }
  if (!sampling.clusters || !clusters) {
    throw new RangeError('a table of clusters was not loaded with its package');
  }
  if (!(temperature > 0)) {
    throw new RangeError(`clusters are drawn at a temperature above 0, not ${temperature}`);
  }
  const { count, innerTemperature } = sampling.clusters;
  const kept = topK > 0 ? topK : count;
  const settings = { clusters, temperature, kept, innerTemperature };
  return (logits, u) => sampleCluster(logits, settings, u);
}
