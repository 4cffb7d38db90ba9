/** How a package draws one code, from its manifest: clusters and the first frame's settings. */
import { CLUSTER_BYTES } from './manifest';
import type { ClusterManifest, SamplingDefaults } from './manifest';
import { fail } from './manifestReader';
import type { ManifestReader } from './manifestReader';
import { readModelFile } from './readModelFile';

/** A temperature of 0 takes the best code; among clusters it has no meaning.
 *  @throws FlipbookError InvalidManifest, as all of these. */
export function readTemperature(
  sampling: ManifestReader,
  clusters: ClusterManifest | undefined,
): Pick<SamplingDefaults, 'temperature' | 'topK'> {
  const temperature = clusters
    ? sampling.positive('temperature')
    : sampling.number('temperature', 0, 10);
  return { temperature, topK: sampling.integer('topK', 0, 1 << 20) };
}

export function readClusters(sampling: ManifestReader, codes: number): ClusterManifest | undefined {
  if (!sampling.has('clusters')) return undefined;
  const clusters = sampling.child('clusters');
  const table = readModelFile(clusters.child('table'));
  const needed = codes * CLUSTER_BYTES;
  if (table.bytes !== needed) {
    const rule = `must be ${needed} (${CLUSTER_BYTES} for each of ${codes} codes)`;
    fail(clusters.at('table.bytes'), rule, table.bytes);
  }
  return {
    table,
    count: clusters.integer('count', 1, codes),
    innerTemperature: clusters.positive('innerTemperature'),
  };
}

export function readFirstFrame(
  sampling: ManifestReader,
  clusters: ClusterManifest | undefined,
): Pick<SamplingDefaults, 'firstFrame'> {
  if (!sampling.has('firstFrame')) return {};
  const first = sampling.child('firstFrame');
  const textBoost = first.number('textBoost', -100, 100);
  return { firstFrame: { ...readTemperature(first, clusters), textBoost } };
}
