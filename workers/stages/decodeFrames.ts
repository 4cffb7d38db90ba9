/** Turns tokens into pixels and sends them to the page, one frame at a time. */
import type { Tensor } from 'onnxruntime-common';
import { FlipbookError } from '../../src/shared/errors';
import { enlargesTokens, enlargeTokens } from '../runtime/enlargeTokens';
import type { Enlarging } from '../runtime/enlargeTokens';
import type { DrawnFrame, PipelineContext } from './context';
import type { FrameTimes } from './jobMeter';

/** Share of the time that previews of unfinished frames may take. */
const PREVIEW_SHARE = 0.1;

const GREY = 128;

/**
 * Decodes every frame that `drawing` yields and reports it: finished ones enlarged by the package's
 * upscaler, unfinished ones as the decoder makes them. Unfinished frames are skipped while decoding
 * them would slow the drawing down.
 *
 * @param prompt ids of the bare prompt, which super-resolution reads.
 * @returns what `drawing` returns.
 */
export async function decodeFrames<Drawn>(
  drawing: AsyncGenerator<DrawnFrame, Drawn>,
  prompt: Int32Array,
  context: PipelineContext,
): Promise<Drawn> {
  const { meter, signal } = context;
  const enlarging = { prompt, seed: context.options.seed };
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
    const { side, pixels, ...times } = await decodeFrame(value, context, enlarging);
    const { slot, round } = value;
    const drawn = value.drawnCells / cells;
    if (final) meter.frame(slot, value.tokens, times);
    context.report({ kind: 'frame', slot, round, drawn, width: side, height: side, pixels });
    if (!final) meter.preview();
    const spent = performance.now() - started;
    if (!final) previewAllowedAt = performance.now() + spent * (1 / PREVIEW_SHARE - 1);
  }
}

export interface DecodedFrame extends FrameTimes {
  /** Pixels per side. */
  side: number;
  /** RGBA, side * side * 4 bytes. */
  pixels: Uint8ClampedArray<ArrayBuffer>;
}

/**
 * Pixels of one frame, enlarged when it is finished and the package has an upscaler, of tokens or of
 * pixels; cells without any token yet are grey.
 *
 * @throws FlipbookError ModelIntegrity when a graph makes frames of another size than the manifest says.
 */
export async function decodeFrame(
  frame: DrawnFrame,
  { manifest, graphs }: Pick<PipelineContext, 'manifest' | 'graphs'>,
  enlarging: Enlarging,
): Promise<DecodedFrame> {
  const { grid, pixels: side, upscaledPixels } = manifest;
  const final = frame.drawnCells === grid * grid;
  const upscaler = final ? graphs.upscaler : undefined;
  const started = performance.now();
  if (upscaler && upscaledPixels !== undefined && enlargesTokens(upscaler)) {
    const upscaled = await enlargeTokens(frame.tokens, enlarging, upscaler, manifest);
    const upscaleMilliseconds = performance.now() - started;
    const pixels = toRgba(upscaled, upscaledPixels, 'upscaler');
    return { side: upscaledPixels, pixels, decodeMilliseconds: 0, upscaleMilliseconds };
  }
  const { Tensor } = graphs.decoder.runtime.ort;
  const tokens = new Tensor('int32', frame.tokens, [1, grid, grid]);
  const { frames } = await graphs.decoder.run({ tokens });
  const decodeMilliseconds = performance.now() - started;
  if (!upscaler || !frames || upscaledPixels === undefined) {
    const pixels = toRgba(frames, side, 'decoder');
    if (frame.greyFrom < grid * grid) greyCells(pixels, frame.greyFrom, grid, side);
    return { side, pixels, decodeMilliseconds, upscaleMilliseconds: 0 };
  }
  const { upscaled } = await upscaler.run({ frames });
  const upscaleMilliseconds = performance.now() - started - decodeMilliseconds;
  const pixels = toRgba(upscaled, upscaledPixels, 'upscaler');
  return { side: upscaledPixels, pixels, decodeMilliseconds, upscaleMilliseconds };
}

/** Planes [1, 3, side, side] in 0..1 to interleaved RGBA bytes, rounded to nearest. */
function toRgba(
  frame: Tensor | undefined,
  side: number,
  graph: string,
): Uint8ClampedArray<ArrayBuffer> {
  const n = side * side;
  if (frame?.data.length !== 3 * n) {
    throw new FlipbookError(
      'ModelIntegrity',
      `The ${graph} makes a frame of ${frame?.dims.join(' x ') ?? 'no'} values, but the manifest ` +
        `says ${side} pixels a side. Export the package again.`,
    );
  }
  const planes = frame.data as Float32Array;
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
