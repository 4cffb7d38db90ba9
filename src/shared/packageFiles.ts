/** The files of a package's graphs, one that several share listed once, and its cluster table. */
import type { GraphManifest, GraphName, ModelFile, ModelManifest } from './manifest';

export function packageFiles(
  manifest: ModelManifest,
  names: readonly GraphName[] = Object.keys(manifest.graphs) as GraphName[],
): ModelFile[] {
  const files = names.flatMap((name) => graphFiles(manifest.graphs[name]));
  const { clusters } = manifest.sampling;
  if (clusters) files.push(clusters.table);
  return [...new Map(files.map((file) => [file.path, file])).values()];
}

function graphFiles(graph: GraphManifest | undefined): ModelFile[] {
  return graph ? [...graph.files, ...(graph.weights ?? [])] : [];
}
