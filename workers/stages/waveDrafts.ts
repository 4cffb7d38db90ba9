/** What is shown of key frames that are drawn in parallel. */
import { keyFrameSlot } from '../sampling/schedule';
import { IDLE } from '../sampling/wavefront';
import type { Wave } from '../sampling/wavefront';
import { finishedFrame } from './candidateBatch';
import type { Candidate } from './candidateBatch';
import type { DrawnFrame, PipelineContext } from './context';

export class WaveDrafts {
  /** Cells of each frame that are drawn. */
  readonly #drawn: number[];
  #waves = 0;
  #turn = 0;

  /** @param frames tokens [cells] of each frame, as far as they are drawn. */
  constructor(
    private readonly frames: Candidate,
    private readonly context: Pick<PipelineContext, 'manifest' | 'options'>,
  ) {
    this.#drawn = frames.map(() => 0);
  }

  /** The frames that a wave has finished; after as many waves as a grid row has cells, one of the others,
   *  in turns. */
  *behind(wave: Wave): Generator<DrawnFrame> {
    const { manifest, options } = this.context;
    const cells = manifest.grid * manifest.grid;
    for (const [index, cell] of wave.entries()) {
      if (cell === IDLE) continue;
      this.#drawn[index] = cell + 1;
      if (cell + 1 === cells) yield finishedFrame(index, this.frames[index]!, this.context);
    }
    if (++this.#waves % manifest.grid !== 0) return;
    const open = this.#drawn.flatMap((drawn, index) => (drawn > 0 && drawn < cells ? [index] : []));
    const index = open[this.#turn++ % open.length];
    if (index === undefined) return;
    yield { slot: keyFrameSlot(index, options.rounds), round: 0, ...this.#draft(index) };
  }

  /** Cells that are still to come show what the nearest frame before has there, if one has. */
  #draft(index: number): Pick<DrawnFrame, 'tokens' | 'drawnCells' | 'greyFrom'> {
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
