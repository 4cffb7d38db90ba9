import { Box3, Color, Vector3, type Mesh, type MeshLambertMaterial } from 'three';

/**
 * Coat patterns as GLSL masks over the rest position, 0..1 in the model's own box
 * (y runs from nose to tail, z up). They stay on the skin while the rig moves.
 */
const MASKS = {
  stripes: `float coat(vec3 p) {
    float body = sin(p.y * 56.0 + (p.z - 0.5) * 7.0);
    float legs = sin(p.z * 52.0);
    float wave = p.z < 0.42 ? legs : body;
    return smoothstep(-0.15, 0.15, wave - 0.1);
  }`,
  tiger: `float coat(vec3 p) {
    float bend = 0.6 * sin(p.z * 9.0) + 0.5 * sin(p.x * 14.0);
    float body = sin(p.y * 44.0 + bend);
    float wave = p.z < 0.40 ? sin(p.z * 40.0) - 0.25 : body;
    return smoothstep(0.35, 0.6, wave);
  }`,
  spots: `float coat(vec3 p) {
    vec2 q = vec2(p.y * 15.0, p.z * 9.0 + p.x * 3.0);
    q.x += 0.5 * mod(floor(q.y), 2.0);
    vec2 d = fract(q) - 0.5;
    return 1.0 - smoothstep(0.22, 0.32, length(d));
  }`,
  clothes: `float coat(vec3 p) {
    float side = abs(p.x - 0.5);
    float trousers = step(0.22, p.y) * step(p.y, 0.53);
    float shirt = step(0.53, p.y) * step(p.y, 0.82) * step(side, 0.2);
    return max(trousers, shirt);
  }`,
  patches: `float blob(vec2 p, vec2 centre, vec2 radius) {
    vec2 d = (p - centre) / radius;
    return dot(d, d);
  }
  float coat(vec3 p) {
    vec2 q = p.yz;
    float nearest = blob(q, vec2(0.72, 0.72), vec2(0.13, 0.17));
    nearest = min(nearest, blob(q, vec2(0.45, 0.58), vec2(0.10, 0.16)));
    nearest = min(nearest, blob(q, vec2(0.27, 0.85), vec2(0.10, 0.15)));
    nearest = min(nearest, blob(q, vec2(0.93, 0.50), vec2(0.09, 0.12)));
    nearest = min(nearest, blob(q, vec2(0.04, 0.95), vec2(0.09, 0.12)));
    return 1.0 - smoothstep(0.9, 1.1, nearest);
  }`,
} as const;

export type PatternName = keyof typeof MASKS;

/** Paints `pattern` in `colour` over the given meshes, which must belong to one model. */
export function paintPattern(meshes: readonly Mesh[], pattern: PatternName, colour: string): void {
  const box = new Box3();
  for (const { geometry } of meshes) {
    geometry.computeBoundingBox();
    if (geometry.boundingBox !== null) box.union(geometry.boundingBox);
  }
  const uniforms = {
    restMin: { value: box.min },
    restSize: { value: box.getSize(new Vector3()) },
    patternColour: { value: new Color(colour) },
  };
  for (const mesh of meshes) injectMask(mesh.material as MeshLambertMaterial, pattern, uniforms);
}

function injectMask(
  material: MeshLambertMaterial,
  pattern: PatternName,
  uniforms: Record<string, { value: unknown }>,
): void {
  material.onBeforeCompile = (shader): void => {
    Object.assign(shader.uniforms, uniforms);
    shader.vertexShader = shader.vertexShader
      .replace(
        'void main() {',
        'uniform vec3 restMin, restSize;\nvarying vec3 vRest;\nvoid main() {',
      )
      .replace(
        '#include <begin_vertex>',
        '#include <begin_vertex>\nvRest = (position - restMin) / restSize;',
      );
    shader.fragmentShader = shader.fragmentShader
      .replace(
        'void main() {',
        `uniform vec3 patternColour;\nvarying vec3 vRest;\n${MASKS[pattern]}\nvoid main() {`,
      )
      .replace(
        '#include <color_fragment>',
        '#include <color_fragment>\n' +
          'diffuseColor.rgb = mix(diffuseColor.rgb, patternColour, coat(vRest));',
      );
  };
  material.customProgramCacheKey = (): string => pattern;
}
