import { Actor } from './actor';
import type { Role } from './billboardSpec';
import { YAWS, type ClipSpec, type Yaw } from './clipSpec';
import { coatLuminance, showCoat } from './coatMask';
import { ANCHOR, CELL } from './geometry';
import { GreySheet } from './greySheet';
import { canvas2d, Stage } from './stage';
import type { ColourName, Kind, SubjectSpec } from './subjectSpec';

/** Atlas entry of one clip, as written to atlas.json. */
export interface ClipEntry {
  readonly file: string;
  readonly mask?: string;
  readonly frames: number;
  readonly seconds: number;
  readonly loop: boolean;
  readonly yaws: readonly Yaw[];
}

/** Atlas entry of one subject. */
export interface SubjectEntry {
  readonly kind: Kind;
  /** Of billboards: what they can be in a scene. */
  readonly role?: Role;
  readonly recolour?: { readonly baseLuminance: number; readonly colour: ColourName };
  readonly clips: Readonly<Record<string, ClipEntry>>;
}

export interface Sheet {
  readonly file: string;
  readonly canvas: HTMLCanvasElement;
}

export interface MaskSheet {
  readonly file: string;
  readonly grey: GreySheet;
}

export interface Sprites {
  readonly entry: SubjectEntry;
  readonly sheets: readonly Sheet[];
  readonly masks: readonly MaskSheet[];
  /** Cells whose subject touches the border, in words. */
  readonly warnings: readonly string[];
}

/** Alpha above which a pixel at the border of a cell counts as cut off. */
const VISIBLE = 16;

let stage: Stage | undefined;

/** Renders every clip of a subject: one sheet a clip, a row per yaw, a column per phase. */
export async function renderSubject(subject: SubjectSpec): Promise<Sprites> {
  stage ??= new Stage(ANCHOR);
  const actor = await Actor.load(subject);
  const clips: Record<string, ClipEntry> = {};
  const sheets: Sheet[] = [];
  const masks: MaskSheet[] = [];
  const warnings: string[] = [];
  const drawn = new Map<ClipSpec, ClipEntry>();
  for (const [name, clip] of Object.entries(subject.clips)) {
    const twin = drawn.get(clip);
    if (twin !== undefined) {
      clips[name] = twin;
      continue;
    }
    actor.play(clip);
    stage.cutsBelowGround = subject.draught !== undefined || clip.cutBelowGround === true;
    const { canvas, cutOff } = drawSheet(stage, actor, clip);
    const file = `${subject.id}/${name}.png`;
    sheets.push({ file, canvas });
    warnings.push(...cutOff.map((cell) => `${subject.id} ${name} ${cell} is cut off`));
    const mask = subject.coat === undefined ? undefined : `${subject.id}/${name}.mask.png`;
    if (mask !== undefined && subject.coat !== undefined) {
      masks.push({ file: mask, grey: drawMask(stage, actor, clip, subject.coat.materials) });
    }
    clips[name] = clipEntry(file, mask, clip, actor.seconds);
    drawn.set(clip, clips[name]);
  }
  const recolour = recolouring(subject, sheets[0], masks[0]);
  const entry = { kind: subject.kind, ...(recolour === undefined ? {} : { recolour }), clips };
  return { entry, sheets, masks, warnings };
}

const yawsOf = (clip: ClipSpec): readonly Yaw[] => clip.yaws ?? YAWS;

function clipEntry(
  file: string,
  mask: string | undefined,
  clip: ClipSpec,
  duration: number,
): ClipEntry {
  return {
    file,
    ...(mask === undefined ? {} : { mask }),
    frames: clip.phases,
    seconds: Number(duration.toFixed(3)),
    loop: clip.loop,
    yaws: yawsOf(clip),
  };
}

function drawSheet(
  stage: Stage,
  actor: Actor,
  clip: ClipSpec,
): { canvas: HTMLCanvasElement; cutOff: string[] } {
  const yaws = yawsOf(clip);
  const { canvas, context } = canvas2d(clip.phases * CELL, yaws.length * CELL);
  const cutOff: string[] = [];
  yaws.forEach((yaw, row) => {
    for (let column = 0; column < clip.phases; column++) {
      actor.pose(column, yaw);
      const picture = stage.picture(actor.object);
      context.putImageData(toImageData(picture), column * CELL, row * CELL);
      if (touchesBorder(picture)) cutOff.push(`${yaw} phase ${column}`);
    }
  });
  return { canvas, cutOff };
}

/** The share of each pixel that belongs to the coat, in the layout of the colour sheet. */
function drawMask(
  stage: Stage,
  actor: Actor,
  clip: ClipSpec,
  materials: readonly string[],
): GreySheet {
  const yaws = yawsOf(clip);
  const grey = new GreySheet(clip.phases, yaws.length);
  const restore = showCoat(actor.meshes, materials);
  yaws.forEach((yaw, row) => {
    for (let column = 0; column < clip.phases; column++) {
      actor.pose(column, yaw);
      grey.set(column, row, stage.pictureOnBlack(actor.object));
    }
  });
  restore();
  return grey;
}

/** What the compositor needs to recolour the coat, measured in the first cell. */
function recolouring(
  { coat }: SubjectSpec,
  sheet: Sheet | undefined,
  mask: MaskSheet | undefined,
): SubjectEntry['recolour'] {
  const context = sheet?.canvas.getContext('2d');
  if (coat === undefined || mask === undefined || context === undefined || context === null) return undefined;
  const { data } = context.getImageData(0, 0, CELL, CELL);
  return { baseLuminance: coatLuminance(data, mask.grey.get(0, 0)), colour: coat.colour };
}

/**
 * Divides premultiplied pixels by their alpha. It loses nothing: the canvas multiplies again and
 * rounds to the same values.
 */
function toImageData(picture: Uint8Array): ImageData {
  const image = new ImageData(CELL, CELL);
  for (let index = 0; index < picture.length; index += 4) {
    const alpha = picture[index + 3] ?? 0;
    if (alpha === 0) continue;
    for (let channel = 0; channel < 3; channel++) {
      // Halves go down, as in the canvas's own division.
      const exact = ((picture[index + channel] ?? 0) * 255) / alpha;
      image.data[index + channel] = Math.ceil(exact - 0.5);
    }
    image.data[index + 3] = alpha;
  }
  return image;
}

function touchesBorder(picture: Uint8Array): boolean {
  const isOpaque = (x: number, y: number): boolean =>
    (picture[(y * CELL + x) * 4 + 3] ?? 0) > VISIBLE;
  const last = CELL - 1;
  return Array.from({ length: CELL }, (_, i) => i).some(
    (i) => isOpaque(i, 0) || isOpaque(i, last) || isOpaque(0, i) || isOpaque(last, i),
  );
}
