/** Which backend runs the heavy graphs: chosen by capability, forced by the caller. */
import { FlipbookError } from '../../src/shared/errors';
import type { Backend } from '../../src/shared/protocol';

/** Names under which software renderers present themselves as adapters. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic render|warp|software/i;

export type BackendChoice =
  { backend: 'webgpu'; adapter: GPUAdapter; note?: string } | { backend: 'wasm'; note?: string };

/**
 * 'auto' takes WebGPU with a real graphics processor only, since software adapters are slower
 * than WebAssembly. A forced backend is never replaced.
 *
 * @throws FlipbookError BackendUnavailable with the remedy.
 */
export async function chooseBackend(wanted: Backend | 'auto'): Promise<BackendChoice> {
  if (wanted === 'wasm') return requireWebAssembly({ backend: 'wasm' });
  const { adapter, reason } = await findAdapter();
  if (wanted === 'webgpu') {
    if (adapter) return { backend: 'webgpu', adapter };
    throw new FlipbookError(
      'BackendUnavailable',
      `WebGPU was asked for, but ${reason}. Use a browser with WebGPU on a computer with a ` +
        'graphics processor, or remove ?backend=webgpu to run on WebAssembly.',
    );
  }
  if (!adapter)
    return requireWebAssembly({ backend: 'wasm', note: `WebGPU is not used: ${reason}.` });
  if (isSoftware(adapter)) {
    const name = adapterName(adapter);
    return requireWebAssembly({
      backend: 'wasm',
      note: `WebGPU is not used: its adapter (${name}) is software, slower than WebAssembly.`,
    });
  }
  return { backend: 'webgpu', adapter };
}

async function findAdapter(): Promise<{ adapter: GPUAdapter | null; reason: string }> {
  if (!('gpu' in navigator) || (navigator.gpu as GPU | undefined) === undefined) {
    return { adapter: null, reason: 'this browser or page has no WebGPU' };
  }
  try {
    const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
    return { adapter, reason: 'no graphics adapter was found' };
  } catch (error) {
    return { adapter: null, reason: `asking for an adapter failed (${String(error)})` };
  }
}

function requireWebAssembly(choice: BackendChoice): BackendChoice {
  if (typeof WebAssembly === 'object') return choice;
  throw new FlipbookError(
    'BackendUnavailable',
    'This browser has no WebAssembly. Use a current version of Chrome, Edge, Firefox or Safari.',
  );
}

function isSoftware(adapter: GPUAdapter): boolean {
  const { isFallbackAdapter, vendor, architecture, device, description } = adapter.info;
  return isFallbackAdapter || SOFTWARE.test([vendor, architecture, device, description].join(' '));
}

/** What the adapter tells about itself; browsers hide parts of it. */
export function adapterName(adapter: GPUAdapter): string {
  const { description, vendor, architecture, device } = adapter.info;
  return (
    description || [vendor, architecture, device].filter(Boolean).join(' ') || 'unnamed adapter'
  );
}

/** Features that make kernels faster where the adapter has them. */
const FEATURES: readonly GPUFeatureName[] = ['shader-f16', 'subgroups'];

/** Limits that the kernels of onnxruntime may need beyond WebGPU's defaults. */
const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
] as const satisfies readonly (keyof GPUSupportedLimits)[];

/** A device with everything that the adapter can give. The caller owns it. */
export function requestDevice(adapter: GPUAdapter): Promise<GPUDevice> {
  return adapter.requestDevice({
    requiredFeatures: FEATURES.filter((feature) => adapter.features.has(feature)),
    requiredLimits: Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]])),
  });
}
