/** A clip that no model drew: a red ball with an eye rolls over a meadow. */
import type { ClipFrames } from '../../../src/shared/exportProtocol';

const SKY = [140, 200, 255] as const;
const GRASS = [110, 190, 70] as const;
const BALL = [220, 60, 40] as const;
const EYE = [250, 250, 250] as const;

/** @param side pixels per side */
export function sampleClip(frameCount: number, side = 96): ClipFrames {
  const frames = Array.from({ length: frameCount }, (_, index) => {
    const pixels = new Uint8ClampedArray(side * side * 4).fill(255);
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        pixels.set(colourAt(x / side, y / side, index / 32), (y * side + x) * 4);
      }
    }
    return { width: side, height: side, pixels };
  });
  return { frames, framesPerSecond: 8 };
}

/** @param time 0..1 over 33 frames */
function colourAt(x: number, y: number, time: number) {
  const ball = Math.hypot(x - (0.2 + 0.6 * time), y - 0.6);
  if (Math.hypot(x - (0.24 + 0.6 * time), y - 0.55) < 0.04) return EYE;
  if (ball < 0.16) return BALL;
  return y < 0.55 ? SKY : GRASS;
}
