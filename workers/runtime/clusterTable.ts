/** The map of codes to clusters of a package that draws by clusters. */
import { FlipbookError } from '../../src/shared/errors';
import { CLUSTER_BYTES } from '../../src/shared/manifest';
import type { ModelFile, ModelManifest } from '../../src/shared/manifest';

/**
 * Cluster of each code [codes], from 0; undefined for packages that do not draw by clusters.
 *
 * @param read one verified file of the package.
 * @throws FlipbookError ModelIntegrity where the table has another length, or numbers clusters
 *   beyond those of the manifest.
 */
export async function readClusterTable(
  { sampling, codes }: Pick<ModelManifest, 'sampling' | 'codes'>,
  read: (file: ModelFile) => Promise<Uint8Array>,
): Promise<Int32Array | undefined> {
  if (!sampling.clusters) return undefined;
  const { table, count } = sampling.clusters;
  const bytes = await read(table);
  if (bytes.length !== codes * CLUSTER_BYTES) {
    throw damaged(table, `has ${bytes.length} bytes for ${codes} codes`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const clusters = Int32Array.from({ length: codes }, (_, code) =>
    view.getUint16(code * CLUSTER_BYTES, true),
  );
  const beyond = clusters.findIndex((cluster) => cluster >= count);
  if (beyond < 0) return clusters;
  throw damaged(table, `puts code ${beyond} into cluster ${clusters[beyond]} of ${count}`);
}

function damaged({ path }: ModelFile, problem: string): FlipbookError {
  return new FlipbookError(
    'ModelIntegrity',
    `The table of clusters ${path} ${problem}. Convert the package again.`,
  );
}
