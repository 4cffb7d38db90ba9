import { CELL, PIXELS } from './geometry';
import { canvas2d } from './stage';

const COLUMNS = 12;
const BACKDROP = '#8fc98a';

/** Collects pictures in rows of COLUMNS thumbnails, to be looked at as one PNG. */
export class ContactSheet {
  private readonly rows: { label: string; thumbnails: HTMLCanvasElement[] }[] = [];

  /** Adds up to COLUMNS phases of each yaw of a sprite sheet, spread over the clip. */
  addSprites(label: string, sheet: HTMLCanvasElement, frames: number): void {
    const shown = Math.min(frames, COLUMNS);
    for (let row = 0; row * CELL < sheet.height; row++) {
      const thumbnails = Array.from({ length: shown }, (_, i) =>
        thumbnail(sheet, Math.floor((i * frames) / shown) * CELL, row * CELL),
      );
      this.rows.push({ label, thumbnails });
    }
  }

  /** Adds single pictures, COLUMNS a row, to those already there under the same label. */
  addPictures(label: string, pictures: readonly HTMLCanvasElement[]): void {
    for (const picture of pictures) {
      const last = this.rows.at(-1);
      const isFull = last?.label !== label || last.thumbnails.length === COLUMNS;
      const row = isFull ? { label, thumbnails: [] as HTMLCanvasElement[] } : last;
      if (isFull) this.rows.push(row);
      row.thumbnails.push(thumbnail(picture, 0, 0));
    }
  }

  draw(): HTMLCanvasElement {
    const { canvas, context } = canvas2d(COLUMNS * PIXELS, this.rows.length * PIXELS);
    context.font = '11px sans-serif';
    this.rows.forEach(({ label, thumbnails }, row) => {
      thumbnails.forEach((picture, column) => {
        context.drawImage(picture, column * PIXELS, row * PIXELS);
      });
      context.fillStyle = '#000';
      context.fillText(label, 2, row * PIXELS + 11);
    });
    return canvas;
  }
}

function thumbnail(source: HTMLCanvasElement, x: number, y: number): HTMLCanvasElement {
  const { canvas, context } = canvas2d(PIXELS, PIXELS);
  context.fillStyle = BACKDROP;
  context.fillRect(0, 0, PIXELS, PIXELS);
  context.drawImage(source, x, y, CELL, CELL, 0, 0, PIXELS, PIXELS);
  return canvas;
}
