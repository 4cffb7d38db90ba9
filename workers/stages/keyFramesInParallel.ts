/** Draws the key frames of a batch of candidates in parallel: each frame begins while those before it
 *  are being drawn, a lag behind. */
import { waveDrawer } from '../runtime/waveDrawer';
import { WaveRunner } from '../runtime/waveRunner';
import { WINDOW_FRAMES } from '../sampling/schedule';
import { IDLE } from '../sampling/wavefront';
import type { Wave } from '../sampling/wavefront';
import { finishedFrame } from './candidateBatch';
import type { Candidate, CandidateBatch } from './candidateBatch';
import type { DrawnFrame, PipelineContext } from './context';
import { choosesFrames, sourcesOf } from './goOnFromBest';
import { rankKeyFrames } from './rankKeyFrames';
import { WaveDrafts } from './waveDrafts';

/**
 * Yields drafts of the first candidate's frames in turns, and each of its frames when that is
 * finished. Where the ranker chooses after every frame, all go on from the best one, with what it has
 * of the later frames.
 */
export async function* keyFramesInParallel(
  { text, streams, guidance, sequences, shown }: CandidateBatch,
  context: PipelineContext,
): AsyncGenerator<DrawnFrame, Candidate[]> {
  const { manifest, graphs, options, signal, meter, keyFrameLag: lag } = context;
  const cells = manifest.grid * manifest.grid;
  const window = { given: 0, frames: WINDOW_FRAMES, lag };
  const runner = new WaveRunner(graphs.keyframes, manifest, sequences, window);
  const { waves } = runner;
  const tokens: Candidate[] = streams.map(() =>
    Array.from({ length: WINDOW_FRAMES }, () => new Int32Array(cells)),
  );
  const drawn = { runner, streams, guidance, sampling: options, tokens, shown };
  const drawer = waveDrawer(drawn, context);
  const drafts = new WaveDrafts(tokens[0]!, context);
  /** Waves whose tokens are known. */
  let known = 0;
  let milliseconds = 0;
  /** On the device single waves cannot be timed: each counts as its share of the time between rows. */
  function* finishWaves(finished: number): Generator<DrawnFrame> {
    const share = milliseconds / (finished - known);
    for (; known < finished; known++) {
      milliseconds = 0;
      meter.step(streams.length * cellsOf(waves[known]!), share);
      if (shown) yield* drafts.behind(waves[known]!);
    }
  }
  try {
    await context.breathe();
    signal.throwIfAborted();
    await runner.prefill(sequences.texts.map(() => []));
    await runner.record();
    for (const [index, wave] of waves.entries()) {
      await context.breathe();
      signal.throwIfAborted();
      const started = performance.now();
      const finished = await drawer.draw(wave);
      const ended = wave.indexOf(cells - 1);
      const chooses =
        ended >= 0 && index < waves.length - 1 && choosesFrames(manifest, tokens.length);
      if (chooses) await drawer.settle();
      milliseconds += performance.now() - started;
      yield* finishWaves(chooses ? index + 1 : finished);
      if (!chooses) continue;
      const best = await rankKeyFrames(text, beginnings(tokens, ended + 1), context);
      drawer.goOnFrom(best);
      runner.copySequences(sourcesOf(best, tokens.length, sequences.texts.length));
      // One frame of all from now on, so that who compares them sees it.
      for (const own of tokens) own.splice(0, ended + 1, ...tokens[0]!.slice(0, ended + 1));
      if (shown && best > 0) yield finishedFrame(ended, tokens[0]![ended]!, context);
    }
    return tokens;
  } finally {
    drawer.dispose();
    runner.dispose();
  }
}

/** How many frames have a cell in a wave. */
function cellsOf(wave: Wave): number {
  return wave.filter((cell) => cell !== IDLE).length;
}

/** The first `frames` frames of each candidate. */
function beginnings(candidates: readonly Candidate[], frames: number): Candidate[] {
  return candidates.map((own) => own.slice(0, frames));
}
