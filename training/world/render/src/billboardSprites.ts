import type { BillboardSpec, Coat2d } from './billboardSpec';
import { coatLuminance } from './coatMask';
import { ANCHOR, CELL, SCALE } from './geometry';
import { GreySheet } from './greySheet';
import type { Sprites } from './sprites';
import { canvas2d } from './stage';

/** Saturation from which on a hue is seen, and from which on it counts fully. */
const SATURATION = { from: 0.16, full: 0.32 } as const;
/** Degrees over which the mask fades at the ends of its range of hues. */
const HUE_FADE = 8;

/** The one-picture sheet of a billboard. `art` is the address of its picture. */
export async function renderBillboard(spec: BillboardSpec, art: string): Promise<Sprites> {
  const picture = await loadPicture(spec, art);
  const { canvas, context } = canvas2d(CELL, CELL);
  drawOnAnchor(context, picture, spec);
  const file = `${spec.id}/still.png`;
  const mask = spec.coat === undefined ? undefined : `${spec.id}/still.mask.png`;
  const still = {
    file,
    ...(mask === undefined ? {} : { mask }),
    frames: 1,
    seconds: 1,
    loop: true,
    yaws: ['right'] as const,
  };
  const entry = { kind: 'billboard', role: spec.role, clips: { still } } as const;
  const sprites = { sheets: [{ file, canvas }], warnings: [] };
  if (spec.coat === undefined || mask === undefined) return { ...sprites, entry, masks: [] };
  const { data } = context.getImageData(0, 0, CELL, CELL);
  const grey = new GreySheet(1, 1);
  grey.pixels.set(coatOf(data, spec.coat));
  const baseLuminance = coatLuminance(data, grey.pixels);
  const recolour = { baseLuminance, colour: spec.coat.colour };
  return { ...sprites, entry: { ...entry, recolour }, masks: [{ file: mask, grey }] };
}

async function loadPicture(spec: BillboardSpec, art: string): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = art;
  try {
    await image.decode();
  } catch (error) {
    throw new Error(`Cannot read the picture ${spec.art} of "${spec.id}".`, { cause: error });
  }
  return image;
}

/** Draws what is visible of the picture, standing on the anchor and looking to the right. */
function drawOnAnchor(
  context: CanvasRenderingContext2D,
  picture: HTMLImageElement,
  spec: BillboardSpec,
): void {
  const box = visibleBox(picture);
  const height = box.height * (1 - (spec.cutBelow ?? 0));
  const scale = (spec.size * SCALE) / (spec.fit === 'width' ? box.width : height);
  context.save();
  context.translate(ANCHOR.x * SCALE, ANCHOR.y * SCALE);
  if (spec.facing === 'left') context.scale(-1, 1);
  context.drawImage(
    picture,
    box.left,
    box.top,
    box.width,
    height,
    (-box.width * scale) / 2,
    -height * scale,
    box.width * scale,
    height * scale,
  );
  context.restore();
}

function visibleBox(picture: HTMLImageElement): {
  left: number;
  top: number;
  width: number;
  height: number;
} {
  const { naturalWidth: width, naturalHeight: height } = picture;
  const { context } = canvas2d(width, height);
  context.drawImage(picture, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const columns: number[] = [];
  const rows: number[] = [];
  for (let index = 0; index < width * height; index++) {
    if ((data[index * 4 + 3] ?? 0) < 32) continue;
    columns.push(index % width);
    rows.push(Math.floor(index / width));
  }
  // Not Math.min(...columns): there are more of them than arguments may be.
  const least = (values: number[]): number => values.reduce((a, b) => Math.min(a, b), Infinity);
  const most = (values: number[]): number => values.reduce((a, b) => Math.max(a, b), 0);
  const [left, top] = [least(columns), least(rows)];
  return { left, top, width: most(columns) + 1 - left, height: most(rows) + 1 - top };
}

/** The share of each RGBA pixel that belongs to the coat, 0..255. */
function coatOf(data: Uint8ClampedArray, { hue, spread = 30 }: Coat2d): Uint8Array {
  const mask = new Uint8Array(data.length / 4);
  for (let index = 0; index < mask.length; index++) {
    const [red = 0, green = 0, blue = 0, alpha = 0] = data.subarray(index * 4, index * 4 + 4);
    if (alpha === 0) continue;
    const share = hue === undefined ? 1 : hueShare(red, green, blue, hue, spread);
    mask[index] = Math.round(alpha * share);
  }
  return mask;
}

/** 1 for saturated colours within `spread` degrees of `hue`, fading to 0. */
function hueShare(red: number, green: number, blue: number, hue: number, spread: number): number {
  const most = Math.max(red, green, blue);
  const range = most - Math.min(red, green, blue);
  if (range === 0) return 0;
  const sector =
    most === red
      ? (green - blue) / range
      : most === green
        ? 2 + (blue - red) / range
        : 4 + (red - green) / range;
  const turn = Math.abs((((sector * 60 - hue) % 360) + 540) % 360 - 180);
  const saturation = (range / most - SATURATION.from) / (SATURATION.full - SATURATION.from);
  return clamp(saturation) * clamp((spread - turn) / HUE_FADE);
}

const clamp = (value: number): number => Math.min(1, Math.max(0, value));
