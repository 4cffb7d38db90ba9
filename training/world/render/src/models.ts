import {
  Color,
  DoubleSide,
  MeshLambertMaterial,
  type AnimationClip,
  type Material,
  type Mesh,
  type MeshStandardMaterial,
  type Object3D,
} from 'three';
import { FBXLoader } from 'three/addons/loaders/FBXLoader.js';
import { GLTFLoader } from 'three/addons/loaders/GLTFLoader.js';

type Gain = readonly [number, number, number];

export interface Model {
  readonly object: Object3D;
  readonly animations: readonly AnimationClip[];
}

/** Loads a .glb or .fbx file of the asset folder. Throws naming the file when it cannot. */
export async function loadModel(file: string): Promise<Model> {
  try {
    if (file.endsWith('.fbx')) {
      const object = await new FBXLoader().loadAsync(`/${file}`);
      return { object, animations: object.animations };
    }
    const gltf = await new GLTFLoader().loadAsync(`/${file}`);
    return { object: gltf.scene, animations: gltf.animations };
  } catch (error) {
    throw new Error(`Cannot load the model ${file} from the asset folder: ${String(error)}`, {
      cause: error,
    });
  }
}

export function meshesOf(object: Object3D): Mesh[] {
  const meshes: Mesh[] = [];
  object.traverse((child) => {
    if ((child as Mesh).isMesh) meshes.push(child as Mesh);
  });
  return meshes;
}

/**
 * Replaces every material by a matt one with the colour that `colours` names for it ("*" is the
 * rest), else its own colour times `gain` (red, green, blue). Own copies, so that two meshes never share one.
 */
export function makeMatt(
  object: Object3D,
  colours: Readonly<Record<string, string>> = {},
  gain: Gain = [1, 1, 1],
  isTwoSided = false,
): void {
  for (const mesh of meshesOf(object)) {
    // Moving limbs leave the rest pose's bounding sphere, and the camera would drop the mesh.
    mesh.frustumCulled = false;
    mesh.material = Array.isArray(mesh.material)
      ? mesh.material.map((material) => mattMaterial(material, colours, gain))
      : mattMaterial(mesh.material, colours, gain);
    if (isTwoSided) for (const material of [mesh.material].flat()) material.side = DoubleSide;
  }
}

function mattMaterial(
  source: Material,
  colours: Readonly<Record<string, string>>,
  gain: Gain,
): MeshLambertMaterial {
  const { color, map } = source as MeshStandardMaterial;
  const named = colours[source.name] ?? colours['*'];
  const matt = new MeshLambertMaterial({
    name: source.name,
    color: named === undefined ? color.clone().multiply(new Color(...gain)) : new Color(named),
    side: source.side,
  });
  if (named === undefined && map !== null && map !== undefined) matt.map = map;
  return matt;
}
