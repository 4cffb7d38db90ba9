import {
  DirectionalLight,
  HemisphereLight,
  OrthographicCamera,
  Scene,
  WebGLRenderer,
  type Object3D,
} from 'three';
import { CELL, PIXELS, PITCH, SUPERSAMPLE } from './geometry';

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
    this.renderer.setSize(CELL * SUPERSAMPLE, CELL * SUPERSAMPLE, false);
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

  /** Draws `subject` alone on a transparent ground; the canvas is valid until the next call. */
  draw(subject: Object3D): HTMLCanvasElement {
    this.scene.add(subject);
    this.renderer.render(this.scene, this.camera);
    this.scene.remove(subject);
    return this.renderer.domElement;
  }
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
