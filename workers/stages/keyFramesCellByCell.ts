/** Draws the key frames of a batch of candidates cell by cell. */
import { chooseDrawer } from '../runtime/chooseDrawer';
import type { TokenDrawer } from '../runtime/tokenDrawer';
import { TransformerRunner } from '../runtime/transformerRunner';
import { KEYFRAME_ORDER, keyFrameSlot } from '../sampling/schedule';
import { finishedFrame } from './candidateBatch';
import type { Candidate, CandidateBatch } from './candidateBatch';
import type { DrawnFrame, PipelineContext } from './context';
import { drawFirstFrame, givenFirstFrame } from './drawFirstFrame';
import { drawFrame } from './drawFrame';
import { choosesFrames, goOnFromBest, sourcesOf } from './goOnFromBest';

/** Yields the first candidate's frame after every grid row. Where the ranker chooses after every
 *  frame, all go on from the best one. */
export async function* keyFramesCellByCell(
  batch: CandidateBatch,
  context: PipelineContext,
): AsyncGenerator<DrawnFrame, Candidate[]> {
  const { manifest, graphs, options } = context;
  const { text, shown, streams, guidance, sequences } = batch;
  const given = yield* drawFirstFrame(text, streams, context);
  const runner = new TransformerRunner(graphs.keyframes, manifest, {
    ...sequences,
    ...(given ? givenFirstFrame(manifest) : {}),
  });
  const drawer = chooseDrawer({ runner, streams, guidance, sampling: options }, context);
  try {
    const drawn: Candidate[] = streams.map((_, index) => (given ? [given[index]!] : []));
    await runner.prefill(sequences.texts.map((_, index) => [...drawn[index % drawn.length]!]));
    await runner.record();
    for (const index of KEYFRAME_ORDER.slice(given ? 1 : 0)) {
      yield* drawKeyFrame(drawer, index, drawn, shown, context);
      if (!choosesFrames(manifest, drawn.length) || index === KEYFRAME_ORDER.at(-1)) continue;
      const best = await goOnFromBest(text, index, drawn, context);
      runner.copyFrame(index, sourcesOf(best, drawn.length, sequences.texts.length));
      if (best > 0) yield finishedFrame(index, drawn[0]![index]!, context);
    }
    return drawn;
  } finally {
    drawer.dispose();
    runner.dispose();
  }
}

/** Adds one frame to every candidate of a batch; yields that of the first, if it is shown. */
async function* drawKeyFrame(
  drawer: TokenDrawer,
  index: number,
  candidates: readonly Candidate[],
  shown: boolean,
  context: PipelineContext,
): AsyncGenerator<DrawnFrame> {
  const { manifest, options } = context;
  const { grid } = manifest;
  const cells = grid * grid;
  const tokens = candidates.map(() => new Int32Array(cells));
  const before = candidates.map((frames) => frames.slice(-1));
  const frame = { order: index, firstIndex: index * cells, tokens, hintFrames: before, shown };
  const slot = keyFrameSlot(index, options.rounds);
  const previous = before[0]?.[0];
  for await (const drawnCells of drawFrame(drawer, frame, context)) {
    if (!shown || drawnCells % grid !== 0) continue;
    const draft = tokens[0]!.slice();
    // Cells that are still to come show what the previous key frame has there.
    if (previous) draft.set(previous.subarray(drawnCells), drawnCells);
    yield { slot, round: 0, tokens: draft, drawnCells, greyFrom: previous ? cells : drawnCells };
  }
  candidates.forEach((frames, candidate) => frames.push(tokens[candidate]!));
}
