import { Actor, type Yaw } from './actor';
import { ANCHOR, CELL } from './geometry';
import { canvas2d, Stage } from './stage';
import type { SubjectSpec } from './subjects';

const YAWS: readonly Yaw[] = ['right', 'front'];

/** Atlas entry of one clip, as written to atlas.json. */
export interface ClipEntry {
  readonly file: string;
  readonly frames: number;
  readonly seconds: number;
  readonly loop: boolean;
  readonly yaws: readonly Yaw[];
}

export interface Sprites {
  readonly clips: Record<string, ClipEntry>;
  readonly sheets: { readonly file: string; readonly canvas: HTMLCanvasElement }[];
  /** Cells whose subject touches the border, in words. */
  readonly warnings: string[];
}

let stage: Stage | undefined;

/** Renders every clip of a subject: one sheet a clip, a row per yaw, a column per phase. */
export async function renderSubject(subject: SubjectSpec): Promise<Sprites> {
  stage ??= new Stage(ANCHOR);
  const actor = await Actor.load(subject);
  const result: Sprites = { clips: {}, sheets: [], warnings: [] };
  for (const [name, clip] of Object.entries(subject.clips)) {
    actor.play(clip);
    const file = `${subject.id}/${name}.png`;
    const sheet = canvas2d(clip.phases * CELL, YAWS.length * CELL);
    YAWS.forEach((yaw, row) => {
      for (let column = 0; column < clip.phases; column++) {
        actor.pose(column, yaw);
        const picture = (stage as Stage).draw(actor.object);
        sheet.context.drawImage(picture, column * CELL, row * CELL, CELL, CELL);
        if (touchesBorder(sheet.context, column * CELL, row * CELL)) {
          result.warnings.push(`${subject.id} ${name} ${yaw} phase ${column} is cut off`);
        }
      }
    });
    result.sheets.push({ file, canvas: sheet.canvas });
    const seconds = Number(actor.seconds.toFixed(3));
    result.clips[name] = { file, frames: clip.phases, seconds, loop: clip.loop, yaws: YAWS };
  }
  return result;
}

function touchesBorder(context: CanvasRenderingContext2D, x: number, y: number): boolean {
  const edges = [
    context.getImageData(x, y, CELL, 1),
    context.getImageData(x, y + CELL - 1, CELL, 1),
    context.getImageData(x, y, 1, CELL),
    context.getImageData(x + CELL - 1, y, 1, CELL),
  ];
  return edges.some(({ data }) => data.some((value, index) => index % 4 === 3 && value > 16));
}
