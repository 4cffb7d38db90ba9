import type { GestureName } from './gestures';

/** Views of a subject: from its side (it looks to the right) and from the front. */
export const YAWS = ['right', 'front'] as const;
export type Yaw = (typeof YAWS)[number];

/** One animation clip of an atlas subject. */
export interface ClipSpec {
  /** Name of the source animation (the part after the last "|"); absent for rigid models. */
  readonly source?: string;
  readonly phases: number;
  readonly loop: boolean;
  /** Part of the source clip in seconds; the whole clip when absent. */
  readonly from?: number;
  readonly to?: number;
  /** Multiplies the height that the body gains in a leap (1 when absent), to stay in the cell. */
  readonly lift?: number;
  /** Adds a leap of `height` final pixels between two shares (0..1) of the clip. */
  readonly leap?: { readonly height: number; readonly from: number; readonly to: number };
  /** Final pixels that the body moves forwards during the clip, to stay in the cell. */
  readonly shift?: number;
  /** Views that are rendered; all when absent. */
  readonly yaws?: readonly Yaw[];
  /** Motion that the model has no clip for, computed on top of `source`. */
  readonly gesture?: GestureName;
  /** Seconds of the clip when a gesture, not the source, sets its length. */
  readonly seconds?: number;
  /** Keeps the lowest point on the ground, for clips that sink or float. */
  readonly grounded?: boolean;
  /** Hides what sinks into the ground, such as the brim of a hat. */
  readonly cutBelowGround?: boolean;
  /** Shows the thing that the subject can hold. */
  readonly holding?: boolean;
}

export type ClipSet = Readonly<Record<string, ClipSpec>>;

export const loop = (source: string, more: Partial<ClipSpec> = {}): ClipSpec => ({
  source,
  phases: 12,
  loop: true,
  ...more,
});

export const once = (source: string, phases = 16, more: Partial<ClipSpec> = {}): ClipSpec => ({
  source,
  phases,
  loop: false,
  ...more,
});

/**
 * The clips with fewer pictures: a front view only for those named, because the others are never
 * seen from there, and half the phases of standing, which hardly moves.
 */
export function economical(clips: ClipSet, fronts: readonly string[]): ClipSet {
  return Object.fromEntries(
    Object.entries(clips).map(([name, clip]) => [
      name,
      {
        ...clip,
        ...(fronts.includes(name) ? {} : { yaws: ['right'] as const }),
        ...(name === 'idle' ? { phases: Math.ceil(clip.phases / 2) } : {}),
      },
    ]),
  );
}
