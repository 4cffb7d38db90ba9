/** Results of a run in GPU buffers of our own, so that they outlive the session that made them. */
import type { OrtRuntime, Results } from './ortRuntime';

/** GPUBufferUsage.STORAGE | COPY_DST | COPY_SRC, as numbers: Node has no such global. */
const USAGE = 0x80 | 0x08 | 0x04;

/**
 * Copies what lies on the GPU and disposes the originals. Their buffers belong to the session's
 * own allocator: once the session is released, using or freeing them calls into memory that is gone.
 */
export function ownResults({ ort, device }: OrtRuntime, results: Results): Results {
  if (device === undefined) return results;
  const encoder = device.createCommandEncoder();
  const own = Object.entries(results).map(([name, tensor]) => {
    if (tensor.location !== 'gpu-buffer') return [name, tensor] as const;
    const { gpuBuffer: made, dims } = tensor;
    const buffer = device.createBuffer({ label: `own ${name}`, size: made.size, usage: USAGE });
    encoder.copyBufferToBuffer(made, 0, buffer, 0, made.size);
    // The graphs' hidden states and rows are float32, drawn tokens int32.
    const dataType = tensor.type === 'int32' ? 'int32' : 'float32';
    const dispose = (): void => buffer.destroy();
    return [name, ort.Tensor.fromGpuBuffer(buffer, { dataType, dims, dispose })] as const;
  });
  device.queue.submit([encoder.finish()]);
  for (const [name, tensor] of own) if (tensor !== results[name]) results[name]!.dispose();
  return Object.fromEntries(own);
}
