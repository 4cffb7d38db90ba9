import {
  AnimationMixer,
  Box3,
  Group,
  Vector3,
  type AnimationAction,
  type AnimationClip,
  type Mesh,
  type Object3D,
} from 'three';
import type { ClipSpec, Yaw } from './clipSpec';
import { applyGesture, partNamed } from './gestures';
import { addMane } from './mane';
import { loadModel, makeMatt, meshesOf } from './models';
import { paintPattern } from './patterns';
import type { SubjectSpec } from './subjectSpec';

const DEGREES = Math.PI / 180;
/** The side view is turned this far towards the camera, so that the face reads. */
const TOWARDS = 18;
/** A boat's pitching to either side, in radians. */
const ROCK = 3.5 * DEGREES;

/** A loaded subject at its one fixed scale, posed phase by phase. One unit is one final pixel. */
export class Actor {
  /** yaw group > placement group (recentres) > model */
  readonly object = new Group();
  private readonly placement = new Group();
  private readonly mixer: AnimationMixer;
  private action: AnimationAction | undefined;
  private clip: AnimationClip | undefined;
  private spec: ClipSpec = { phases: 1, loop: true };
  private readonly base = new Vector3();
  private restHeight = 0;
  private held: Object3D | undefined;
  private undoGesture: (() => void) | undefined;

  private constructor(
    private readonly subject: SubjectSpec,
    private readonly model: Object3D,
    private readonly animations: readonly AnimationClip[],
  ) {
    this.object.add(this.placement);
    this.placement.add(model);
    this.mixer = new AnimationMixer(model);
  }

  static async load(subject: SubjectSpec): Promise<Actor> {
    const { object, animations } = await loadModel(subject.file);
    makeMatt(object, subject.colours, subject.gain, subject.twoSided);
    const { hidden = [], pattern } = subject;
    for (const mesh of meshesOf(object)) if (hidden.includes(mesh.name)) mesh.visible = false;
    for (const name of hidden) {
      const part = object.getObjectByName(name);
      if (part !== undefined) part.visible = false;
    }
    if (pattern !== undefined) {
      const isCoat = (mesh: Mesh): boolean =>
        !Array.isArray(mesh.material) && pattern.materials.includes(mesh.material.name);
      paintPattern(meshesOf(object).filter(isCoat), pattern.name, pattern.colour);
    }
    object.rotateOnWorldAxis(new Vector3(0, 1, 0), (subject.turn ?? 0) * DEGREES);
    if (subject.tilt !== undefined) {
      object.rotateOnWorldAxis(new Vector3(0, 0, 1), subject.tilt * DEGREES);
    }
    const actor = new Actor(subject, object, animations);
    actor.fitToCell();
    if (subject.mane === true) addMane(actor.object, subject.size);
    if (subject.holds !== undefined) await actor.takeInHand(subject.holds);
    return actor;
  }

  /** Seconds that the clip lasts. */
  get seconds(): number {
    if (this.spec.seconds !== undefined) return this.spec.seconds;
    return this.sourceSeconds;
  }

  private get sourceSeconds(): number {
    if (this.clip === undefined) return 1;
    return (this.spec.to ?? this.clip.duration) - (this.spec.from ?? 0);
  }

  /** All meshes, drawn or not. */
  get meshes(): Mesh[] {
    return meshesOf(this.object);
  }

  /** Makes `clip` the current one. Throws, listing what there is, when the model lacks it. */
  play(clip: ClipSpec): void {
    this.undo();
    this.action?.stop();
    this.spec = clip;
    if (this.held !== undefined) this.held.visible = clip.holding === true;
    this.clip = undefined;
    if (clip.source === undefined) return;
    const found = this.animations.find(({ name }) => name.split('|').at(-1) === clip.source);
    if (found === undefined) {
      const names = this.animations.map(({ name }) => name).join(', ');
      throw new Error(`${this.subject.file} has no clip "${clip.source}". It has: ${names}`);
    }
    this.clip = found;
    this.action = this.mixer.clipAction(found);
    this.action.play();
  }

  /** Poses phase `index` of the current clip, seen from `yaw`, running on the spot. */
  pose(index: number, yaw: Yaw): void {
    this.undo();
    this.object.rotation.y = 0;
    this.placement.position.copy(this.base);
    const { phases, loop: isLoop, from = 0, lift = 1, shift = 0 } = this.spec;
    const share = index / Math.max(1, isLoop ? phases : phases - 1);
    const last = this.clip === undefined ? 0 : this.sourceSeconds * 0.999;
    const start = this.rootAt(from);
    const drift = this.rootAt(from + last).sub(start);
    const root = this.rootAt(from + last * share);
    this.placement.position.x -= drift.x * share;
    this.placement.position.z += shift * share - drift.z * share;
    this.placement.position.y -= (1 - lift) * Math.max(0, root.y - this.restHeight);
    this.placement.position.y += leapHeight(this.spec, share);
    this.gesticulate(share);
    if (this.spec.grounded === true) {
      this.placement.position.y -= visibleBox(this.object).min.y;
    }
    this.object.rotation.y = this.angle(yaw);
    this.object.updateMatrixWorld(true);
  }

  private gesticulate(share: number): void {
    const { gesture } = this.spec;
    if (gesture === 'rock') {
      this.object.rotation.order = 'ZYX';
      this.object.rotation.z = ROCK * Math.sin(2 * Math.PI * share);
      this.undoGesture = (): void => void (this.object.rotation.z = 0);
    } else if (gesture !== undefined) {
      this.undoGesture = applyGesture(gesture, this.model, this.subject.rig ?? {}, share);
    }
  }

  private undo(): void {
    this.undoGesture?.();
    this.undoGesture = undefined;
  }

  /** Puts a thing into the hand, not drawn but in the clips that hold it. */
  private async takeInHand({ file, part }: { file: string; part: string }): Promise<void> {
    const { object } = await loadModel(file);
    const held = partNamed(object, part);
    makeMatt(held, {}, this.subject.gain);
    partNamed(this.model, held.parent?.name).add(held);
    held.visible = false;
    this.held = held;
  }

  /** Turn of the model about the vertical in radians; 0 looks into the camera. */
  private angle(yaw: Yaw): number {
    return yaw === 'front' ? 0 : (90 - (this.subject.towards ?? TOWARDS)) * DEGREES;
  }

  /** Sets the time of the current clip and returns the root bone's place. */
  private rootAt(time: number): Vector3 {
    if (this.clip !== undefined) this.mixer.setTime(time);
    this.object.updateMatrixWorld(true);
    const name = this.subject.root;
    const bone = name === undefined ? undefined : this.model.getObjectByName(name);
    return bone === undefined ? new Vector3() : bone.getWorldPosition(new Vector3());
  }

  /** Scales by the rest pose's side view and puts its lowest point on the ground at the origin. */
  private fitToCell(): void {
    const rest = this.subject.clips['idle'];
    if (rest === undefined) throw new Error(`Subject ${this.subject.id} needs an idle clip.`);
    this.play(rest);
    this.object.rotation.y = this.angle('right');
    this.rootAt(0);
    const size = visibleBox(this.object).getSize(new Vector3());
    const extent = this.subject.fit === 'width' ? size.x : size.y;
    this.placement.scale.setScalar(this.subject.size / extent);
    this.object.rotation.y = 0;
    this.object.updateMatrixWorld(true);
    const box = visibleBox(this.object);
    const centre = box.getCenter(new Vector3());
    this.base.set(-centre.x, -box.min.y - (this.subject.draught ?? 0), -centre.z);
    this.placement.position.copy(this.base);
    this.restHeight = this.rootAt(0).y;
  }
}

/** World box of the drawn vertices in the current pose. */
function visibleBox(object: Object3D): Box3 {
  const box = new Box3();
  const vertex = new Vector3();
  object.updateMatrixWorld(true);
  object.traverseVisible((child) => {
    const mesh = child as Mesh;
    if (!mesh.isMesh) return;
    const count = mesh.geometry.getAttribute('position').count;
    for (let i = 0; i < count; i++) {
      const place = mesh.getVertexPosition(i, vertex).applyMatrix4(mesh.matrixWorld);
      // Vertices without bones have no place and are not drawn.
      if (Number.isFinite(place.x)) box.expandByPoint(place);
    }
  });
  return box;
}

/** Height in final pixels of the added leap at a share (0..1) of the clip: a parabola. */
function leapHeight({ leap }: ClipSpec, share: number): number {
  if (leap === undefined) return 0;
  const way = (share - leap.from) / (leap.to - leap.from);
  return Math.max(0, 4 * leap.height * way * (1 - way));
}
