/** A drawing of which nothing is shown. */
import type { DrawnFrame } from './context';

/** Runs it to its end; what it returns. */
export async function finishDrawing<Drawn>(
  drawing: AsyncGenerator<DrawnFrame, Drawn>,
): Promise<Drawn> {
  for (;;) {
    const { done, value } = await drawing.next();
    if (done) return value;
  }
}
