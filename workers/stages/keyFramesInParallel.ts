/** Draws the key frames of a batch of candidates in parallel: each frame begins while those before it
 *  are being drawn, a lag behind. */
import { waveDrawer } from '../runtime/waveDrawer';
import { WaveRunner } from '../runtime/waveRunner';
import { keyFrameSlot, WINDOW_FRAMES } from '../sampling/schedule';
import { IDLE } from '../sampling/wavefront';
import type { Wave } from '../sampling/wavefront';
import { finishedFrame } from './candidateBatch';
import type { Candidate, CandidateBatch } from './candidateBatch';
import type { DrawnFrame, PipelineContext } from './context';

/** Yields drafts of the first candidate's frames in turns, one after every grid row, and each of its
 *  frames when that is finished. */
export async function* keyFramesInParallel(
  { streams, guidance, sequences, shown }: CandidateBatch,
  context: PipelineContext,
): AsyncGenerator<DrawnFrame, Candidate[]> {
  const { manifest, graphs, options, signal, meter, keyFrameLag: lag } = context;
  const cells = manifest.grid * manifest.grid;
  const window = { given: 0, frames: WINDOW_FRAMES, lag };
  const runner = new WaveRunner(graphs.keyframes, manifest, sequences, window);
  const tokens: Candidate[] = streams.map(() =>
    Array.from({ length: WINDOW_FRAMES }, () => new Int32Array(cells)),
  );
  const drawn = { runner, streams, guidance, sampling: options, tokens, shown };
  const drawer = waveDrawer(drawn, context);
  const drafts = new Drafts(tokens[0]!, context);
  try {
    await context.breathe();
    signal.throwIfAborted();
    await runner.prefill(sequences.texts.map(() => []));
    await runner.record();
    let known = 0;
    let milliseconds = 0;
    for (const wave of runner.waves) {
      await context.breathe();
      signal.throwIfAborted();
      const started = performance.now();
      const finished = await drawer.draw(wave);
      milliseconds += performance.now() - started;
      // On the device single waves cannot be timed: each counts as its share of the time between rows.
      const share = milliseconds / (finished - known);
      for (; known < finished; known++) {
        milliseconds = 0;
        const busy = runner.waves[known]!.filter((cell) => cell !== IDLE).length;
        meter.step(streams.length * busy, share);
        if (shown) yield* drafts.behind(runner.waves[known]!);
      }
    }
    return tokens;
  } finally {
    drawer.dispose();
    runner.dispose();
  }
}

/** What is shown of frames that are being drawn. */
class Drafts {
  /** Cells of each frame that are drawn. */
  readonly #drawn: number[];
  #waves = 0;
  #turn = 0;

  constructor(
    private readonly frames: Candidate,
    private readonly context: PipelineContext,
  ) {
    this.#drawn = frames.map(() => 0);
  }

  /** The frames that a wave has finished, and after every grid row of waves one of the others. */
  *behind(wave: Wave): Generator<DrawnFrame> {
    const { manifest, options } = this.context;
    const cells = this.frames[0]!.length;
    for (const [index, cell] of wave.entries()) {
      if (cell === IDLE) continue;
      this.#drawn[index] = cell + 1;
      if (cell + 1 === cells) yield finishedFrame(index, this.frames[index]!, this.context);
    }
    if (++this.#waves % manifest.grid !== 0) return;
    const open = this.#drawn.flatMap((drawn, index) =>
      drawn > 0 && drawn < cells ? [index] : [],
    );
    const index = open[this.#turn++ % open.length];
    if (index === undefined) return;
    const slot = keyFrameSlot(index, options.rounds);
    yield { slot, round: 0, ...this.#draft(index) };
  }

  /** Cells that are still to come show what the nearest frame before has there, if one has. */
  #draft(index: number): Omit<DrawnFrame, 'slot' | 'round'> {
    const tokens = this.frames[index]!.slice();
    let known = this.#drawn[index]!;
    for (let before = index - 1; before >= 0; before--) {
      const more = Math.max(known, this.#drawn[before]!);
      tokens.set(this.frames[before]!.subarray(known, more), known);
      known = more;
    }
    return { tokens, drawnCells: this.#drawn[index]!, greyFrom: known };
  }
}
