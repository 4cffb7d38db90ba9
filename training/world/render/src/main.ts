import { BILLBOARDS } from './billboards';
import { renderBillboard } from './billboardSprites';
import { ContactSheet } from './contactSheet';
import { ANCHOR, CELL, PIXELS, SCALE } from './geometry';
import { PLACES } from './places';
import { renderPlace, type PlateEntry } from './plates';
import { renderSubject, type Sprites, type SubjectEntry } from './sprites';
import { pngBase64 } from './stage';
import { SUBJECTS } from './subjects';

interface PictureFile {
  readonly file: string;
  /** Base64 PNG. */
  readonly png: string;
}

/** A grey picture, one byte a pixel, base64. */
interface GreyFile {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly pixels: string;
}

interface RenderedSubject {
  readonly entry: SubjectEntry;
  readonly warnings: readonly string[];
  readonly files: PictureFile[];
  readonly greyFiles: GreyFile[];
}

/** What the Node driver calls, one subject or place at a time. */
export interface RendererApi {
  readonly header: { pixels: number; scale: number; cell: number; anchor: [number, number] };
  readonly subjects: readonly string[];
  readonly places: readonly string[];
  /** Billboards with the names of their pictures. */
  readonly billboards: readonly { id: string; art: string }[];
  renderSubject(id: string): Promise<RenderedSubject>;
  /** `art` is the address of the billboard's picture. */
  renderBillboard(id: string, art: string): Promise<RenderedSubject>;
  renderPlace(id: string, layouts: number): Promise<{ layouts: PlateEntry[]; files: PictureFile[] }>;
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

const encodeSprites = ({ entry, sheets, masks, warnings }: Sprites): RenderedSubject => ({
  entry,
  warnings,
  files: encode(sheets),
  greyFiles: masks.map(({ file, grey }) => ({
    file,
    width: grey.width,
    height: grey.height,
    pixels: grey.base64(),
  })),
});

window.toyWorld = {
  header: {
    pixels: PIXELS,
    scale: SCALE,
    cell: CELL,
    anchor: [ANCHOR.x * SCALE, ANCHOR.y * SCALE],
  },
  subjects: SUBJECTS.map(({ id }) => id),
  billboards: BILLBOARDS.map(({ id, art }) => ({ id, art })),
  places: PLACES.map(({ id }) => id),
  async renderSubject(id) {
    const subject = SUBJECTS.find((candidate) => candidate.id === id);
    if (subject === undefined) throw new Error(`There is no subject "${id}" in subjects.ts.`);
    const sprites = await renderSubject(subject);
    for (const [name, { file, frames }] of Object.entries(sprites.entry.clips)) {
      const canvas = sprites.sheets.find((candidate) => candidate.file === file)?.canvas;
      if (canvas !== undefined) sheet.addSprites(`${id} ${name}`, canvas, frames);
    }
    return encodeSprites(sprites);
  },
  async renderBillboard(id, art) {
    const billboard = BILLBOARDS.find((candidate) => candidate.id === id);
    if (billboard === undefined) throw new Error(`There is no billboard "${id}".`);
    const sprites = await renderBillboard(billboard, art);
    sheet.addPictures(
      'billboards',
      sprites.sheets.map(({ canvas }) => canvas),
    );
    return encodeSprites(sprites);
  },
  async renderPlace(id, count) {
    const place = PLACES.find((candidate) => candidate.id === id);
    if (place === undefined) throw new Error(`There is no place "${id}" in places/.`);
    const { layouts, plates } = await renderPlace(place, count);
    sheet.addPictures(
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
