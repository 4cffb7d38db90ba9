/** The first run over a batch: text and given frames, as many sequences at a time as fit. */
import { patternLayouts, prefillBiases, prefillPositions } from '../sampling/visibility';
import type { TextColumns } from '../sampling/visibility';
import type { OnnxGraph } from './onnxGraph';
import { openingId } from './openingId';
import type { Feeds, Results } from './ortRuntime';
import { paddedTexts, runFeeds } from './runFeeds';
import type { RunnerBatch, RunnerManifest } from './runnerBatch';

/** Largest attention matrix of a prefill, all heads of all its sequences, in floats (16 MB). */
const PREFILL_FLOATS = 1 << 22;

/** Given frames of each sequence of a run, in cache order: tokens [cells]. */
type GivenFrames = readonly (readonly Int32Array[])[];

export interface PrefilledSequences {
  results: Results;
  /** The first of the run's sequences. */
  first: number;
}

/** Runs text and given frames of all sequences; the caller keeps or frees each run's results. */
export async function* prefillRuns(
  graph: OnnxGraph,
  manifest: RunnerManifest,
  batch: RunnerBatch,
  text: TextColumns,
  given: GivenFrames,
): AsyncGenerator<PrefilledSequences> {
  const { architecture, grid } = manifest;
  const patterns = Math.max(1, batch.windows.length);
  const rows = text.slots + (given[0]?.length ?? 0) * grid * grid;
  const floats = rows * rows * (2 * architecture.heads + patterns + 1);
  const chunk = Math.max(1, Math.floor(PREFILL_FLOATS / floats));
  for (let first = 0; first < given.length; first += chunk) {
    const part = given.slice(first, first + chunk);
    const feeds = prefillFeeds(graph, manifest, batch, text, part, first);
    yield { results: await graph.run(feeds), first };
  }
}

/** Feeds of the prefill of some sequences, with one hidden dummy slot in every cache. */
function prefillFeeds(
  graph: OnnxGraph,
  manifest: RunnerManifest,
  batch: RunnerBatch,
  text: TextColumns,
  given: GivenFrames,
  first: number,
): Feeds {
  const { grid, ids: special, textLength } = manifest;
  const cells = grid * grid;
  const sequences = given.length;
  const givenFrames = given[0]!.length;
  const own = { ...text, lengths: text.lengths.slice(first, first + sequences) };
  const layouts = patternLayouts(grid, batch.windows, batch.asReleased);
  const { spatial, temporal, rows } = prefillBiases(own, layouts, cells, givenFrames, {
    causal: batch.causalPrefill ?? false,
    boostTemporal: !batch.asReleased,
  });
  const frameSlots = batch.order.slice(0, givenFrames);
  const positions = prefillPositions(text.slots, textLength, cells, frameSlots);
  const ids = new Int32Array(sequences * rows).fill(special.pad);
  const allPositions = new Int32Array(sequences * rows);
  const allOpening = new Int32Array(sequences * rows).fill(special.beginOfImage);
  given.forEach((frames, sequence) => {
    allPositions.set(positions, sequence * rows);
    ids.set(batch.texts[first + sequence]!, sequence * rows);
    frames.forEach((tokens, frame) => {
      const opening = openingId(batch, special, first + sequence, frame);
      const start = sequence * rows + text.slots + frame * cells;
      ids[start] = opening;
      allOpening.fill(opening, start, start + cells);
      // The last token of a frame is never an input: the next frame begins with its own id.
      ids.set(tokens.subarray(0, -1), start + 1);
    });
  });
  const texts = batch.texts.slice(first, first + sequences);
  const inputs = {
    ids,
    positions: allPositions,
    hints: new Int32Array(2 * sequences * rows).fill(special.nullHint),
    opening: allOpening,
    spatialBias: spatial,
    temporalBias: temporal,
    text: paddedTexts(texts, text.slots, special.pad),
    summary: new Float32Array(0),
  };
  const shape = {
    sequences,
    rows,
    patterns: layouts.length,
    textSlots: text.slots,
    temporalShare: batch.baseOnly ? 0 : 1,
  } as const;
  return {
    ...runFeeds(graph, manifest, inputs, shape),
    ...dummyCaches(graph, manifest, sequences),
  };
}

function dummyCaches(
  { runtime }: OnnxGraph,
  { architecture }: RunnerManifest,
  sequences: number,
): Feeds {
  const { layers, heads, headDim } = architecture;
  const size = sequences * heads * headDim;
  const dims = [sequences, heads, 1, headDim];
  const dummy = new runtime.ort.Tensor('float32', new Float32Array(size), dims);
  const names = Array.from({ length: layers }, (_, layer) =>
    ['spatial_key', 'spatial_value', 'temporal_key', 'temporal_value'].map(
      (name) => `${name}_${layer}`,
    ),
  ).flat();
  return Object.fromEntries(names.map((name) => [name, dummy]));
}
