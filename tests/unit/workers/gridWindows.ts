/** A small grid and its window patterns, with the rule of regions in words, for tests of visibility. */
import type { TemporalWindow } from '../../../src/shared/manifest';

export const GRID = 4;
export const CELLS = GRID * GRID;
export const WINDOWS: TemporalWindow[] = [
  { height: 2, width: 2, shift: 0 },
  { height: 2, width: 2, shift: 1 },
  { height: 1, width: 4, shift: 0 },
];

/** Whether two cells lie in one region; without a window all do. */
export function sameRegion(window: TemporalWindow | undefined, a: number, b: number): boolean {
  if (!window) return true;
  const region = (cell: number): string => {
    const row = Math.floor((Math.floor(cell / GRID) + window.shift) / window.height);
    return `${row},${Math.floor(((cell % GRID) + window.shift) / window.width)}`;
  };
  return region(a) === region(b);
}
