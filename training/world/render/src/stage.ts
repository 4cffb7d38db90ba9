import {
  Color,
  DirectionalLight,
  HemisphereLight,
  OrthographicCamera,
  Plane,
  Scene,
  Vector3,
  WebGLRenderer,
  type Object3D,
} from 'three';
import { CELL, PIXELS, PITCH, SUPERSAMPLE } from './geometry';

const BLACK = new Color(0x000000);
/** Pixels per side of a rendered picture before it is averaged down. */
const SIZE = CELL * SUPERSAMPLE;

/**
 * An orthographic view of one object: one world unit is one final pixel, and the world origin
 * falls on `anchor` (final pixels from the top left).
 */
export class Stage {
  private readonly renderer: WebGLRenderer;
  private readonly scene = new Scene();
  private readonly camera: OrthographicCamera;

  constructor(anchor: { x: number; y: number }, pitch = PITCH) {
    this.renderer = new WebGLRenderer({ alpha: true, antialias: true, preserveDrawingBuffer: true });
    this.renderer.setSize(SIZE, SIZE, false);
    this.renderer.setClearColor(0x000000, 0);
    this.camera = new OrthographicCamera(
      -anchor.x,
      PIXELS - anchor.x,
      anchor.y,
      anchor.y - PIXELS,
      1,
      1000,
    );
    this.camera.position.set(0, 500 * Math.sin(pitch), 500 * Math.cos(pitch));
    this.camera.lookAt(0, 0, 0);
    this.addLights();
  }

  /** Light enough everywhere that no side of a subject turns dark. */
  private addLights(): void {
    this.scene.add(new HemisphereLight(0xffffff, 0xe8e4dc, 2.1));
    const sun = new DirectionalLight(0xfffaf0, 1.7);
    sun.position.set(-40, 90, 80);
    this.scene.add(sun);
  }

  /** Cuts away what lies below the ground, as water hides the hull of a boat. */
  set cutsBelowGround(isCut: boolean) {
    this.renderer.clippingPlanes = isCut ? [new Plane(new Vector3(0, 1, 0), 0)] : [];
  }

  /** Draws `subject` alone on a transparent ground; the canvas is valid until the next call. */
  draw(subject: Object3D): HTMLCanvasElement {
    this.scene.add(subject);
    this.renderer.render(this.scene, this.camera);
    this.scene.remove(subject);
    return this.renderer.domElement;
  }

  /** Draws `subject` alone: CELL x CELL premultiplied RGBA pixels, top row first. */
  picture(subject: Object3D): Uint8Array {
    this.draw(subject);
    const gl = this.renderer.getContext();
    const pixels = new Uint8Array(SIZE * SIZE * 4);
    gl.readPixels(0, 0, SIZE, SIZE, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
    return averageDown(pixels);
  }

  /** `picture` on black instead of a transparent ground. */
  pictureOnBlack(subject: Object3D): Uint8Array {
    this.scene.background = BLACK;
    const picture = this.picture(subject);
    this.scene.background = null;
    return picture;
  }
}

/**
 * Averages SUPERSAMPLE x SUPERSAMPLE blocks of SIZE x SIZE RGBA pixels, bottom row first; halves
 * go to the even neighbour, as where a 2D canvas does the averaging.
 */
function averageDown(pixels: Uint8Array): Uint8Array {
  const sums = new Uint16Array(CELL * CELL * 4);
  for (let y = 0; y < SIZE; y++) {
    const row = Math.floor((SIZE - 1 - y) / SUPERSAMPLE) * CELL;
    for (let x = 0; x < SIZE; x++) {
      const from = (y * SIZE + x) * 4;
      if (pixels[from + 3] === 0) continue;
      const to = (row + Math.floor(x / SUPERSAMPLE)) * 4;
      for (let channel = 0; channel < 4; channel++) {
        sums[to + channel] = (sums[to + channel] ?? 0) + (pixels[from + channel] ?? 0);
      }
    }
  }
  const result = new Uint8Array(sums.length);
  const count = SUPERSAMPLE ** 2;
  for (let index = 0; index < sums.length; index++) {
    const mean = (sums[index] ?? 0) / count;
    const below = Math.floor(mean);
    result[index] = mean - below === 0.5 ? below + (below % 2) : Math.round(mean);
  }
  return result;
}

/** A 2D canvas with its context. Throws when the browser refuses a context. */
export function canvas2d(
  width: number,
  height: number,
): { canvas: HTMLCanvasElement; context: CanvasRenderingContext2D } {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error(`No 2D canvas of ${width}x${height} pixels to draw on.`);
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = 'high';
  return { canvas, context };
}

/** The PNG file of a canvas, base64 without the data-URL prefix. */
export function pngBase64(canvas: HTMLCanvasElement): string {
  return canvas.toDataURL('image/png').slice('data:image/png;base64,'.length);
}
