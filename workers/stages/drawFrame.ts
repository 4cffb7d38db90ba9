/** Draws one frame of every window of a batch, cell by cell. */
import type { FrameToDraw, TokenDrawer } from '../runtime/tokenDrawer';
import type { PipelineContext } from './context';

/**
 * Fills `frame.tokens`. Yields how many cells are finished, whenever more are: after every cell in
 * main memory, after grid rows on the device, all of them in the end. Their tokens are there if the
 * frame is shown.
 *
 * On the device single steps cannot be timed, so each counts as its share of the time between rows.
 *
 * @throws the signal's reason before a step, when the job was cancelled.
 */
export async function* drawFrame(
  drawer: TokenDrawer,
  frame: FrameToDraw,
  context: Pick<PipelineContext, 'manifest' | 'signal' | 'meter' | 'breathe'>,
): AsyncGenerator<number> {
  const { manifest, signal, meter } = context;
  const cells = manifest.grid * manifest.grid;
  let known = 0;
  let milliseconds = 0;
  drawer.begin(frame);
  for (let cell = 0; cell < cells; cell++) {
    await context.breathe();
    signal.throwIfAborted();
    const started = performance.now();
    const finished = await drawer.draw(cell);
    milliseconds += performance.now() - started;
    if (finished === known) continue;
    const share = milliseconds / (finished - known);
    for (; known < finished; known++) meter.step(frame.tokens.length, share);
    milliseconds = 0;
    yield finished;
  }
}
