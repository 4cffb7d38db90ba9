import type { Random } from '../random';

/** Flat shapes that a place is painted from, in final pixels; painted in the order given. */
export type Shape =
  | { kind: 'band'; from: number; to: number; colour: string }
  | { kind: 'box'; x: number; y: number; width: number; height: number; colour: string }
  | { kind: 'ellipse'; x: number; y: number; rx: number; ry: number; colour: string }
  | { kind: 'polygon'; points: readonly (readonly [x: number, y: number])[]; colour: string };

/** A scenery model standing with the middle of its foot at (x, y), `height` final pixels tall. */
export interface Prop {
  readonly file: string;
  readonly x: number;
  readonly y: number;
  readonly height: number;
  /** Degrees about the vertical. */
  readonly turn?: number;
}

/** Where a drinker's mouth touches the water, in final pixels, and the way it looks. */
export interface Drink {
  readonly x: number;
  readonly facing: 'left' | 'right';
}

export interface Layout {
  readonly shapes: readonly Shape[];
  readonly props: readonly Prop[];
  /** Row of the feet, in final pixels. */
  readonly footRow: number;
  /** Lake only: row for those who pass in front of the pond instead of drinking. */
  readonly passRow?: number;
  readonly drink?: Drink;
  /** Row of the water's surface, where there is water to sail on. */
  readonly waterRow?: number;
  readonly front?: Foreground;
}

/** Things in front of the subjects. */
export interface Foreground {
  readonly props: readonly Prop[];
  /** Subjects whose feet stand above this row are behind them. */
  readonly row: number;
  /** Column behind which a subject is hidden. */
  readonly hideX: number;
}

export interface Place {
  readonly id: string;
  /** Material name -> colour of the scenery. */
  readonly colours: Readonly<Record<string, string>>;
  /** The first layouts, made by hand. */
  readonly layouts: readonly Layout[];
  /** Makes the layouts beyond them: the same for the same `index`. */
  readonly more: (random: Random, index: number) => Layout;
}

export const band = (from: number, to: number, colour: string): Shape => ({
  kind: 'band',
  from,
  to,
  colour,
});
export const box = (
  x: number,
  y: number,
  width: number,
  height: number,
  colour: string,
): Shape => ({ kind: 'box', x, y, width, height, colour });
export const ellipse = (x: number, y: number, rx: number, ry: number, colour: string): Shape => ({
  kind: 'ellipse',
  x,
  y,
  rx,
  ry,
  colour,
});
export const polygon = (colour: string, ...points: readonly [number, number][]): Shape => ({
  kind: 'polygon',
  points,
  colour,
});
export const prop = (file: string, x: number, y: number, height: number, turn = 0): Prop => ({
  file,
  x,
  y,
  height,
  turn,
});

/** Paints shapes on a context whose unit is one final pixel. */
export function paintShapes(
  context: CanvasRenderingContext2D,
  shapes: readonly Shape[],
  width: number,
): void {
  for (const shape of shapes) {
    context.fillStyle = shape.colour;
    if (shape.kind === 'band') {
      context.fillRect(0, shape.from, width, shape.to - shape.from);
    } else if (shape.kind === 'box') {
      context.fillRect(shape.x, shape.y, shape.width, shape.height);
    } else if (shape.kind === 'polygon') {
      context.beginPath();
      for (const [x, y] of shape.points) context.lineTo(x, y);
      context.fill();
    } else {
      context.beginPath();
      context.ellipse(shape.x, shape.y, shape.rx, shape.ry, 0, 0, 2 * Math.PI);
      context.fill();
    }
  }
}
