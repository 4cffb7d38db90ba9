import type { ClipFrame } from '../state/frameStore';

/** Shows a frame on a canvas of the frame's own size, or nothing; CSS scales it. */
export function drawFrame(canvas: HTMLCanvasElement, frame: ClipFrame | null): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  if (!frame) {
    context.clearRect(0, 0, canvas.width, canvas.height);
    return;
  }
  const { width, height, pixels } = frame;
  // Setting a size clears and reallocates, so it is set only when it changes.
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const image = context.createImageData(width, height);
  image.data.set(pixels);
  context.putImageData(image, 0, 0);
}
