/** An input in main memory, as a tensor on the WebGPU device. */
import type { Tensor } from 'onnxruntime-common';
import type { OrtModule } from './ortRuntime';

/** What inputs hold. */
export type InputContent = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

/** GPUBufferUsage.STORAGE | COPY_DST | COPY_SRC, as numbers: Node has no such global. */
const INPUT_USAGE = 0x80 | 0x08 | 0x04;

/** onnxruntime binds storage in units of 16 bytes. */
const UNIT_BYTES = 16;

/**
 * @param tensor of float32 or int32; one without rows gets a buffer, too.
 * @returns a copy in a buffer of its own, which the caller destroys.
 */
export function copyToDevice(
  ort: Pick<OrtModule, 'Tensor'>,
  device: GPUDevice,
  label: string,
  tensor: Tensor,
): Tensor {
  const content = tensor.data as InputContent;
  const size = Math.max(1, Math.ceil(content.byteLength / UNIT_BYTES)) * UNIT_BYTES;
  const buffer = device.createBuffer({ label, size, usage: INPUT_USAGE });
  device.queue.writeBuffer(buffer, 0, content);
  const dataType = tensor.type as 'float32' | 'int32';
  return ort.Tensor.fromGpuBuffer(buffer, { dataType, dims: tensor.dims });
}
