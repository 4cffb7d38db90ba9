import type { ColourName } from './subjectSpec';

/** What a billboard can be in a scene. */
export type Role =
  'creature' | 'vehicle' | 'boat' | 'flyer' | 'swimmer' | 'prop' | 'food' | 'plant';

/** What recolouring changes: the pixels near a hue (degrees), or all when there is none. */
export interface Coat2d {
  readonly hue?: number;
  /** Degrees to either side of the hue. */
  readonly spread?: number;
  readonly colour: ColourName;
}

export interface BillboardSpec {
  readonly id: string;
  /** Name of the picture: its code points, joined by hyphens. */
  readonly art: string;
  readonly role: Role;
  /** The way that the picture looks; those that look to the left are mirrored. */
  readonly facing: 'left' | 'right' | 'front';
  /** Which extent is made `size` final pixels. */
  readonly fit: 'width' | 'height';
  readonly size: number;
  /** Share of the picture's height that is cut off at the bottom. */
  readonly cutBelow?: number;
  readonly coat?: Coat2d;
}
