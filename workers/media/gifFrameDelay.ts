/**
 * Milliseconds that a frame is shown. GIF counts hundredths of a second: at 8 frames per second,
 * 120 and 130 ms alternate, so that the clip keeps its length.
 */
export function gifFrameDelay(index: number, framesPerSecond: number): number {
  const start = Math.round((index * 100) / framesPerSecond);
  const end = Math.round(((index + 1) * 100) / framesPerSecond);
  return (end - start) * 10;
}
