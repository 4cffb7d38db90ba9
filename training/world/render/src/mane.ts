import { Mesh, MeshLambertMaterial, SphereGeometry, Vector3, type Object3D } from 'three';

/** Mane and tail colours of the lion that is made from the wolf rig. */
const MANE = '#8a3d12';

/** Bones that carry a part of the mane: how far along neck to head, ring and ball radius. */
const RINGS = [
  { bone: 'Neck1', along: -0.2, radius: 0.08, ball: 0.065, count: 9 },
  { bone: 'Neck2', along: 0.25, radius: 0.095, ball: 0.075, count: 9 },
  { bone: 'Head', along: 0.7, radius: 0.09, ball: 0.06, count: 9 },
] as const;

/**
 * Turns the wolf rig into a lion: 27 balls around the neck and one on the tail, fixed to the bones.
 * `model` must stand in its rest pose; `length` is its length in world units.
 */
export function addMane(model: Object3D, length: number): void {
  model.updateMatrixWorld(true);
  const material = new MeshLambertMaterial({ color: MANE });
  const neck = bonePosition(model, 'Neck1');
  const head = bonePosition(model, 'Head');
  const axis = head.clone().sub(neck).normalize();
  const side = new Vector3(1, 0, 0);
  const up = side.clone().cross(axis).normalize();
  for (const ring of RINGS) {
    const centre = neck.clone().lerp(head, ring.along);
    for (let i = 0; i < ring.count; i++) {
      const angle = (2 * Math.PI * i) / ring.count;
      const position = centre
        .clone()
        .addScaledVector(side, Math.cos(angle) * ring.radius * length)
        .addScaledVector(up, Math.sin(angle) * ring.radius * length);
      attachBall(model, ring.bone, position, ring.ball * length, material);
    }
  }
  attachBall(model, 'Tail8', bonePosition(model, 'Tail8'), 0.045 * length, material);
}

function attachBall(
  model: Object3D,
  bone: string,
  position: Vector3,
  radius: number,
  material: MeshLambertMaterial,
): void {
  const ball = new Mesh(new SphereGeometry(radius, 14, 10), material);
  ball.position.copy(position);
  ball.updateMatrixWorld(true);
  findBone(model, bone).attach(ball);
}

function bonePosition(model: Object3D, name: string): Vector3 {
  return findBone(model, name).getWorldPosition(new Vector3());
}

function findBone(model: Object3D, name: string): Object3D {
  const bone = model.getObjectByName(name);
  if (bone === undefined) throw new Error(`The model has no bone "${name}" for the mane.`);
  return bone;
}
