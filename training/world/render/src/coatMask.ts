import { DoubleSide, MeshBasicMaterial, type Material, type Mesh } from 'three';

/** Mask values from which on a pixel counts as lying wholly in the coat. */
const WHOLE = 200;
const COAT = new MeshBasicMaterial({ color: 0xffffff });
const REST = new MeshBasicMaterial({ color: 0x000000 });
const COAT_TWO_SIDED = new MeshBasicMaterial({ color: 0xffffff, side: DoubleSide });
const REST_TWO_SIDED = new MeshBasicMaterial({ color: 0x000000, side: DoubleSide });

/** Paints the named materials white and all others black; returns the undoing of it. */
export function showCoat(meshes: readonly Mesh[], materials: readonly string[]): () => void {
  const before = meshes.map((mesh) => mesh.material);
  const flat = ({ name, side }: Material): Material => {
    const isCoat = materials.includes(name);
    if (side === DoubleSide) return isCoat ? COAT_TWO_SIDED : REST_TWO_SIDED;
    return isCoat ? COAT : REST;
  };
  for (const mesh of meshes) {
    mesh.material = Array.isArray(mesh.material) ? mesh.material.map(flat) : flat(mesh.material);
  }
  return () => {
    meshes.forEach((mesh, index) => {
      mesh.material = before[index] ?? mesh.material;
    });
  };
}

/**
 * Median luminance (0..1, Rec. 709 weights on the stored sRGB values) of the pixels that lie
 * wholly in the coat. `pixels` is RGBA, `mask` one byte a pixel.
 */
export function coatLuminance(pixels: Uint8ClampedArray, mask: Uint8Array): number {
  const values: number[] = [];
  mask.forEach((share, index) => {
    if (share < WHOLE) return;
    const [red = 0, green = 0, blue = 0] = pixels.subarray(index * 4, index * 4 + 3);
    values.push((0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255);
  });
  values.sort((a, b) => a - b);
  const median = values[Math.floor(values.length / 2)];
  if (median === undefined) throw new Error('No pixel of the coat is seen: check its materials.');
  return Number(median.toFixed(3));
}
