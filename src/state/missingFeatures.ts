/** A function with one SIMD instruction: compiles only where WebAssembly knows 128-bit vectors. */
const SIMD_MODULE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15,
  253, 98, 11,
]);

/** Names of what the page cannot do without and this browser has not; empty = all is there. */
export function missingFeatures(): string[] {
  const missing: string[] = [];
  if (!('WebAssembly' in globalThis)) missing.push('WebAssembly');
  else if (!WebAssembly.validate(SIMD_MODULE)) missing.push('WebAssembly SIMD');
  if (!('Worker' in globalThis)) missing.push('Web Workers');
  // The check sums of the model files need it; browsers hide it from insecure origins.
  if (!globalThis.isSecureContext || !('subtle' in crypto)) {
    missing.push('Web Cryptography (https:// or localhost)');
  }
  return missing;
}
