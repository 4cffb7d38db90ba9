/** Turns tokens into pixels and sends them to the page, one frame at a time. */
import type { DrawnFrame, PipelineContext } from './context';

/** Share of the time that previews of unfinished frames may take. */
const PREVIEW_SHARE = 0.1;

const GREY = 128;

/**
 * Decodes every frame that `drawing` yields and reports it. Unfinished frames are skipped while
 * decoding them would slow the drawing down.
 *
 * @returns what `drawing` returns.
 */
export async function decodeFrames<Drawn>(
  drawing: AsyncGenerator<DrawnFrame, Drawn>,
  context: PipelineContext,
): Promise<Drawn> {
  const { meter, signal } = context;
  const cells = context.manifest.grid ** 2;
  let previewAllowedAt = 0;
  for (;;) {
    const { done, value } = await drawing.next();
    if (done) return value;
    const final = value.drawnCells === cells;
    const started = performance.now();
    if (!final && started < previewAllowedAt) continue;
    if (final) {
      await context.breathe();
      // A cancel may cost this frame, never one that was sent.
      if (signal.aborted) await drawing.return(undefined as never);
      signal.throwIfAborted();
    }
    const pixels = await decodeFrame(value, context);
    const { pixels: width } = context.manifest;
    const { slot, round } = value;
    const drawn = value.drawnCells / cells;
    if (final) meter.frame(slot, value.tokens, performance.now() - started);
    context.report({ kind: 'frame', slot, round, drawn, width, height: width, pixels });
    const spent = performance.now() - started;
    if (!final) previewAllowedAt = performance.now() + spent * (1 / PREVIEW_SHARE - 1);
  }
}

/** RGBA pixels of one frame; cells without any token yet are grey. */
export async function decodeFrame(
  frame: DrawnFrame,
  { manifest, graphs }: Pick<PipelineContext, 'manifest' | 'graphs'>,
): Promise<Uint8ClampedArray<ArrayBuffer>> {
  const { grid, pixels: side } = manifest;
  const { Tensor } = graphs.decoder.runtime.ort;
  const tokens = new Tensor('int32', frame.tokens, [1, grid, grid]);
  const results = await graphs.decoder.run({ tokens });
  const rgba = toRgba(results['frames']!.data as Float32Array, side * side);
  if (frame.greyRest) greyCells(rgba, frame.drawnCells, grid, side);
  return rgba;
}

/** Planes [3, n] in 0..1 to interleaved RGBA bytes, rounded to nearest. */
function toRgba(planes: Float32Array, n: number): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray(4 * n);
  for (let i = 0; i < n; i++) {
    rgba[4 * i] = planes[i]! * 255;
    rgba[4 * i + 1] = planes[n + i]! * 255;
    rgba[4 * i + 2] = planes[2 * n + i]! * 255;
    rgba[4 * i + 3] = 255;
  }
  return rgba;
}

function greyCells(rgba: Uint8ClampedArray, firstCell: number, grid: number, side: number): void {
  const size = side / grid;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const cell = Math.floor(y / size) * grid + Math.floor(x / size);
      if (cell >= firstCell) rgba.fill(GREY, 4 * (y * side + x), 4 * (y * side + x) + 3);
    }
  }
}
