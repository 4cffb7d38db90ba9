/** The inputs of a transformer's run as tensors, caches apart. */
import { OPENING, ROWS, TEMPORAL_SHARE } from '../../src/shared/manifest';
import type { OnnxGraph } from './onnxGraph';
import type { Feeds, OrtModule, Results } from './ortRuntime';
import type { RunnerBatch, RunnerManifest } from './runnerBatch';

/** Input of graphs that compute the summary of a text once: output `new_summary` of its run. */
const SUMMARY = 'summary';

/** Of some rows of every sequence; filled before the run. */
export interface RunInputs {
  ids: Int32Array;
  hints: Int32Array;
  /** Ids that open the frames of the rows [sequences, rows], for graphs that have the input; those of
   *  text rows mean nothing. */
  opening: Int32Array;
  positions: Int32Array;
  spatialBias: Float32Array;
  temporalBias: Float32Array;
  /** Ids of the sequences' texts, padded to the text slots; none where `summary` stands for them. */
  text: Int32Array;
  /** Summaries of the texts [sequences, hidden]; none where the run computes them from `text`. */
  summary: Float32Array;
}

export interface RunShape {
  sequences: number;
  /** Rows of a sequence. */
  rows: number;
  /** Window patterns. */
  patterns: number;
  textSlots: number;
  /** 0: the base channel draws alone. */
  temporalShare: 0 | 1;
  /** Rows whose logits are wanted, where a graph asks for them; absent: the last one. */
  asked?: Int32Array;
}

/** Tensors over the arrays: their content may change from run to run, they do not. */
export function runFeeds(
  graph: OnnxGraph,
  { architecture }: Pick<RunnerManifest, 'architecture'>,
  inputs: RunInputs,
  { sequences, rows, patterns, textSlots, temporalShare, asked }: RunShape,
): Feeds {
  const { ort } = graph.runtime;
  const { Tensor } = ort;
  const feeds: Feeds = {
    ids: new Tensor('int32', inputs.ids, [sequences, rows]),
    positions: new Tensor('int32', inputs.positions, [sequences, rows]),
    ...biasFeeds(ort, inputs, { sequences, rows, patterns }),
  };
  if (architecture.previousFrameHint) {
    feeds['hints'] = new Tensor('int32', inputs.hints, [sequences, rows, 2]);
  }
  if (graph.inputs.has(OPENING)) {
    feeds[OPENING] = new Tensor('int32', inputs.opening, [sequences, rows]);
  }
  if (graph.inputs.has('text')) {
    const texts = inputs.text.length / textSlots;
    feeds['text'] = new Tensor('int32', inputs.text, [texts, textSlots]);
  }
  if (graph.inputs.has(SUMMARY)) {
    const { hidden } = architecture;
    const summaries = inputs.summary.length / hidden;
    feeds[SUMMARY] = new Tensor('float32', inputs.summary, [summaries, 1, hidden]);
  }
  if (graph.inputs.has(TEMPORAL_SHARE)) {
    const shares = new Float32Array(sequences).fill(temporalShare);
    feeds[TEMPORAL_SHARE] = new Tensor('float32', shares, [sequences, 1, 1]);
  }
  if (graph.inputs.has(ROWS)) {
    const wanted = asked ?? Int32Array.of(rows - 1);
    feeds[ROWS] = new Tensor('int32', wanted, [wanted.length]);
  }
  return feeds;
}

/** The biases among a run's feeds: their widths follow from their lengths. */
export function biasFeeds(
  { Tensor }: OrtModule,
  { spatialBias, temporalBias }: Pick<RunInputs, 'spatialBias' | 'temporalBias'>,
  { sequences, rows, patterns }: Pick<RunShape, 'sequences' | 'rows' | 'patterns'>,
): Feeds {
  const spatial = [sequences, 1, rows, spatialBias.length / (sequences * rows)];
  const width = temporalBias.length / (patterns * sequences * rows);
  const temporal = [patterns, sequences, 1, rows, width];
  return {
    spatial_bias: new Tensor('float32', spatialBias, spatial),
    temporal_bias: new Tensor('float32', temporalBias, temporal),
  };
}

/** What runs behind the prefill read of the texts: their ids, or the summaries that it computes. */
export function laterTexts(
  graph: OnnxGraph,
  { architecture, ids }: RunnerManifest,
  { texts }: Pick<RunnerBatch, 'texts'>,
  textSlots: number,
): Pick<RunInputs, 'text' | 'summary'> {
  const once = graph.inputs.has(SUMMARY);
  return {
    text: once ? new Int32Array(0) : paddedTexts(texts, textSlots, ids.pad),
    summary: new Float32Array(once ? texts.length * architecture.hidden : 0),
  };
}

/** Takes the summaries that a prefill of the sequences from `first` on computed, if it did. */
export function keepSummary(
  results: Results,
  { summary }: Pick<RunInputs, 'summary'>,
  first: number,
  { architecture }: Pick<RunnerManifest, 'architecture'>,
): void {
  const made = results[`new_${SUMMARY}`];
  if (made) summary.set(made.data as Float32Array, first * architecture.hidden);
}

/** @returns ids [texts, slots]. */
export function paddedTexts(texts: readonly Int32Array[], slots: number, pad: number): Int32Array {
  const ids = new Int32Array(texts.length * slots).fill(pad);
  texts.forEach((text, sequence) => ids.set(text, sequence * slots));
  return ids;
}
