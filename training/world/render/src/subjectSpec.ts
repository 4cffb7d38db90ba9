import type { ClipSet } from './clipSpec';
import type { Rig } from './gestures';
import type { PatternName } from './patterns';

/** Decides what a subject can do and where. */
export type Kind =
  'animal' | 'person' | 'dinosaur' | 'fish' | 'car' | 'boat' | 'flyer' | 'critter' | 'billboard';

/** Colour words of the captions. */
export type ColourName =
  | 'red'
  | 'orange'
  | 'yellow'
  | 'green'
  | 'blue'
  | 'purple'
  | 'pink'
  | 'brown'
  | 'black'
  | 'white'
  | 'gray'
  | 'golden';

/** The materials that take another colour, and the name of the colour that they have. */
export interface Coat {
  readonly materials: readonly string[];
  readonly colour: ColourName;
}

export interface SubjectSpec {
  readonly id: string;
  readonly kind: Kind;
  readonly file: string;
  /** Which extent of the side view is made `size` final pixels. */
  readonly fit: 'width' | 'height';
  readonly size: number;
  /** Turns the model (degrees about the vertical) so that it faces the camera. */
  readonly turn?: number;
  /** Rolls the model towards the camera of the side view, in degrees. */
  readonly tilt?: number;
  /** Draws both sides of its faces: some fins are single sheets. */
  readonly twoSided?: boolean;
  /** Material name -> colour. "*" is every other material. */
  readonly colours?: Readonly<Record<string, string>>;
  /** Multiplies red, green and blue of textured models. */
  readonly gain?: readonly [number, number, number];
  /** Degrees that the side view is turned towards the camera (18 when absent). */
  readonly towards?: number;
  readonly pattern?: { name: PatternName; colour: string; materials: readonly string[] };
  readonly mane?: boolean;
  /** What recolouring changes; absent when the subject keeps its colours. */
  readonly coat?: Coat;
  /** Bones that the gestures of its clips move. */
  readonly rig?: Rig;
  /** Part of another model with the same bones, shown in the hand by the clips that hold it. */
  readonly holds?: { readonly file: string; readonly part: string };
  /** Final pixels of a hull that lie under the water line, which is then the anchor row. */
  readonly draught?: number;
  /** Meshes that are not drawn. */
  readonly hidden?: readonly string[];
  /** Bone whose horizontal drift is taken out, so that every clip runs on the spot. */
  readonly root?: string;
  readonly clips: ClipSet;
}
