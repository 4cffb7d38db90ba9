import { CELL } from './geometry';

/** A sheet of one byte a pixel, filled cell by cell. */
export class GreySheet {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;

  constructor(columns: number, rows: number) {
    this.width = columns * CELL;
    this.height = rows * CELL;
    this.pixels = new Uint8Array(this.width * this.height);
  }

  /** Puts the red values of a CELL x CELL picture of RGBA pixels into a cell. */
  set(column: number, row: number, picture: Uint8Array): void {
    for (let y = 0; y < CELL; y++) {
      const start = (row * CELL + y) * this.width + column * CELL;
      for (let x = 0; x < CELL; x++) {
        this.pixels[start + x] = picture[(y * CELL + x) * 4] ?? 0;
      }
    }
  }

  /** The CELL x CELL picture in a cell. */
  get(column: number, row: number): Uint8Array {
    const cell = new Uint8Array(CELL * CELL);
    for (let y = 0; y < CELL; y++) {
      const start = (row * CELL + y) * this.width + column * CELL;
      cell.set(this.pixels.subarray(start, start + CELL), y * CELL);
    }
    return cell;
  }

  /** All pixels, base64. */
  base64(): string {
    let text = '';
    for (let start = 0; start < this.pixels.length; start += 8192) {
      text += String.fromCharCode(...this.pixels.subarray(start, start + 8192));
    }
    return btoa(text);
  }
}
