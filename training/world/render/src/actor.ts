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
import { addMane } from './mane';
import { loadModel, makeMatt, meshesOf } from './models';
import { paintPattern } from './patterns';
import type { ClipSpec, SubjectSpec } from './subjects';

const DEGREES = Math.PI / 180;
/** The side view is turned this far towards the camera, so that the face reads. */
const TOWARDS = 18;

export type Yaw = 'right' | 'front';

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
    makeMatt(object, subject.colours, subject.gain);
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
    const actor = new Actor(subject, object, animations);
    actor.fitToCell();
    if (subject.mane === true) addMane(actor.object, subject.size);
    return actor;
  }

  /** Seconds that the clip lasts. */
  get seconds(): number {
    if (this.clip === undefined) return 1;
    return (this.spec.to ?? this.clip.duration) - (this.spec.from ?? 0);
  }

  /** Makes `clip` the current one. Throws, listing what there is, when the model lacks it. */
  play(clip: ClipSpec): void {
    this.action?.stop();
    this.spec = clip;
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
    this.object.rotation.y = 0;
    this.placement.position.copy(this.base);
    const { phases, loop: isLoop, from = 0, lift = 1 } = this.spec;
    const share = index / Math.max(1, isLoop ? phases : phases - 1);
    const last = this.clip === undefined ? 0 : this.seconds * 0.999;
    const start = this.rootAt(from);
    const drift = this.rootAt(from + last).sub(start);
    const root = this.rootAt(from + last * share);
    this.placement.position.x -= drift.x * share;
    this.placement.position.z -= drift.z * share;
    this.placement.position.y -= (1 - lift) * Math.max(0, root.y - this.restHeight);
    this.placement.position.y += leapHeight(this.spec, share);
    this.object.rotation.y = this.angle(yaw);
    this.object.updateMatrixWorld(true);
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
    this.base.set(-centre.x, -box.min.y, -centre.z);
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
      box.expandByPoint(mesh.getVertexPosition(i, vertex).applyMatrix4(mesh.matrixWorld));
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
