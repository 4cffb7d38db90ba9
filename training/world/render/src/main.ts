import { ContactSheet } from './contactSheet';
import { ANCHOR, CELL, PIXELS, SCALE } from './geometry';
import { PLACES } from './places';
import { renderPlace, type PlateEntry } from './plates';
import { renderSubject, type ClipEntry } from './sprites';
import { pngBase64 } from './stage';
import { SUBJECTS } from './subjects';

interface PictureFile {
  readonly file: string;
  /** Base64 PNG. */
  readonly png: string;
}

/** What the Node driver calls, one subject or place at a time. */
export interface RendererApi {
  readonly header: { pixels: number; scale: number; cell: number; anchor: [number, number] };
  readonly subjects: readonly string[];
  readonly places: readonly string[];
  renderSubject(
    id: string,
  ): Promise<{ clips: Record<string, ClipEntry>; warnings: string[]; files: PictureFile[] }>;
  renderPlace(id: string): Promise<{ layouts: PlateEntry[]; files: PictureFile[] }>;
  /** Contact sheet of all that was rendered since the last call. */
  contactSheet(): string;
}

declare global {
  interface Window {
    toyWorld?: RendererApi;
  }
}

let sheet = new ContactSheet();

const encode = (items: readonly { file: string; canvas: HTMLCanvasElement }[]): PictureFile[] =>
  items.map(({ file, canvas }) => ({ file, png: pngBase64(canvas) }));

window.toyWorld = {
  header: {
    pixels: PIXELS,
    scale: SCALE,
    cell: CELL,
    anchor: [ANCHOR.x * SCALE, ANCHOR.y * SCALE],
  },
  subjects: SUBJECTS.map(({ id }) => id),
  places: PLACES.map(({ id }) => id),
  async renderSubject(id) {
    const subject = SUBJECTS.find((candidate) => candidate.id === id);
    if (subject === undefined) throw new Error(`There is no subject "${id}" in subjects.ts.`);
    const { clips, sheets, warnings } = await renderSubject(subject);
    for (const [name, { file, frames }] of Object.entries(clips)) {
      const canvas = sheets.find((candidate) => candidate.file === file)?.canvas;
      if (canvas !== undefined) sheet.addSprites(`${id} ${name}`, canvas, frames);
    }
    return { clips, warnings, files: encode(sheets) };
  },
  async renderPlace(id) {
    const place = PLACES.find((candidate) => candidate.id === id);
    if (place === undefined) throw new Error(`There is no place "${id}" in places.ts.`);
    const { layouts, plates } = await renderPlace(place);
    sheet.addPlates(
      id,
      plates.map(({ canvas }) => canvas),
    );
    return { layouts, files: encode(plates) };
  },
  contactSheet() {
    const png = pngBase64(sheet.draw());
    sheet = new ContactSheet();
    return png;
  },
};
