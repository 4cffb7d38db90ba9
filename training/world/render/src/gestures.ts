import { Quaternion, Vector3, type Object3D } from 'three';

/** Names of the bones that a gesture moves. */
export interface Rig {
  readonly upperArms?: readonly [left: string, right: string];
  readonly lowerArms?: readonly [left: string, right: string];
  /** Degrees by which a waving arm is lifted. */
  readonly reach?: number;
  readonly spine?: string;
  readonly legs?: readonly Leg[];
}

/** A leg that folds when the subject lies down. */
interface Leg {
  /** Bones from the body outwards, and the turn (degrees forward to backward) that folds each. */
  readonly joints: readonly (readonly [bone: string, degrees: number])[];
  /** Bone of the foot, which the rig keeps apart from the leg. */
  readonly foot: string;
}

const DEGREES = Math.PI / 180;
const FORWARD = new Vector3(0, 0, 1);
const SIDE = new Vector3(1, 0, 0);
const UP = new Vector3(0, 1, 0);

/** How far a motion has come: 0 before `from`, 1 after `to`, smooth in between. */
function ramp(share: number, from: number, to: number): number {
  const way = Math.min(1, Math.max(0, (share - from) / (to - from)));
  return way * way * (3 - 2 * way);
}

/**
 * Poses that the models have no clips for. The model looks along +z, its left is +x; `share` runs
 * from 0 to 1 over the clip.
 */
const GESTURES = {
  /** The right arm goes up, sways twice, comes down. */
  wave(model: Object3D, rig: Rig, share: number): void {
    const raised = ramp(share, 0, 0.2) * (1 - ramp(share, 0.82, 1));
    const sway = Math.sin(2 * Math.PI * 3 * ramp(share, 0.15, 0.85));
    turn(model, rig.upperArms?.[1], FORWARD, -(rig.reach ?? 125) * raised);
    turn(model, rig.lowerArms?.[1], FORWARD, (-25 + 32 * sway) * raised);
    turn(model, rig.spine, FORWARD, -7 * raised);
  },
  /** The body leans from side to side while the arms swing up in turn: a loop of two beats. */
  dance(model: Object3D, rig: Rig, share: number): void {
    const beat = Math.sin(2 * Math.PI * share);
    turn(model, rig.spine, FORWARD, 14 * beat);
    turn(model, rig.spine, UP, 26 * beat);
    turn(model, rig.upperArms?.[0], FORWARD, 62 + 58 * beat);
    turn(model, rig.upperArms?.[1], FORWARD, -62 + 58 * beat);
  },
  /** The legs fold, under the body of an animal or before that of a person, which then rests. */
  settle(model: Object3D, rig: Rig, share: number): void {
    const folded = ramp(share, 0.05, 0.85);
    for (const { joints, foot } of rig.legs ?? []) {
      const last = joints.at(-1)?.[0];
      partNamed(model, last).attach(partNamed(model, foot));
      for (const [bone, degrees] of joints) turn(model, bone, SIDE, degrees * folded);
    }
  },
} as const;

/** "rock" sways the whole subject, which Actor does. */
export type GestureName = BoneGesture | 'rock';
type BoneGesture = keyof typeof GESTURES;

/**
 * Poses `model`, which must look along +z, at `share` (0..1) of a gesture. Returns the undoing of
 * it: the mixer does not write bones again that its clip holds still.
 */
export function applyGesture(
  name: BoneGesture,
  model: Object3D,
  rig: Rig,
  share: number,
): () => void {
  const parts: Object3D[] = [];
  model.traverse((part) => parts.push(part));
  const before = parts.map((part) => ({
    part,
    parent: part.parent,
    position: part.position.clone(),
    quaternion: part.quaternion.clone(),
    scale: part.scale.clone(),
  }));
  model.updateMatrixWorld(true);
  GESTURES[name](model, rig, share);
  return () => {
    for (const { part, parent, position, quaternion, scale } of before) {
      if (parent !== null && part.parent !== parent) parent.add(part);
      part.position.copy(position);
      part.quaternion.copy(quaternion);
      part.scale.copy(scale);
    }
  };
}

/** Turns a bone about an axis of the world. */
function turn(model: Object3D, name: string | undefined, axis: Vector3, degrees: number): void {
  const bone = partNamed(model, name);
  const parent = (bone.parent as Object3D).getWorldQuaternion(new Quaternion());
  const inParent = axis.clone().applyQuaternion(parent.invert());
  bone.quaternion.premultiply(new Quaternion().setFromAxisAngle(inParent, degrees * DEGREES));
  bone.updateMatrixWorld(true);
}

/** The bone or mesh of that name. Throws when the model has none. */
export function partNamed(model: Object3D, name: string | undefined): Object3D {
  const bone = name === undefined ? undefined : model.getObjectByName(name);
  if (bone === undefined) throw new Error(`The model has no part "${name}".`);
  return bone;
}
