/** Sizes shared by sprites and plates. A "final pixel" is one pixel of a 96x96 training frame. */
export const PIXELS = 96;
/** Stored images hold SCALE x SCALE pixels per final pixel; the page's address may set it. */
export const SCALE = Number(new URLSearchParams(location.search).get('scale') ?? 2);
export const CELL = PIXELS * SCALE;
/** Rendered at this multiple of the stored size, then averaged down for clean edges. */
export const SUPERSAMPLE = 2;
/** Ground contact inside a sprite cell, in final pixels (x centre of the body, y of the feet). */
export const ANCHOR = { x: 48, y: 84 } as const;
/** Camera pitch: looks down by this angle, in radians. */
export const PITCH = (12 * Math.PI) / 180;
