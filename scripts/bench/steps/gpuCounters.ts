/** Counts what WebGPU devices of this thread are asked to do, by watching the calls of the API. */
import { before } from './watchMethod';

/** GPUBufferUsage.MAP_READ and MAP_WRITE. */
const [MAP_READ, MAP_WRITE] = [0x01, 0x02];

export interface GpuCounts {
  /** Compute kernels started. */
  dispatches: number;
  /** Command buffers handed to the queue. */
  submissions: number;
  /** Groups of buffers bound to kernels anew. */
  bindGroups: number;
  /** Compute pipelines made; each is a shader to compile. */
  pipelines: number;
  /** From our memory to the device. */
  uploadedBytes: number;
  /** From the device into buffers that are mapped for reading. */
  readBackBytes: number;
  /** From buffer to buffer on the device. */
  copiedBytes: number;
}

const NONE: GpuCounts = {
  dispatches: 0,
  submissions: 0,
  bindGroups: 0,
  pipelines: 0,
  uploadedBytes: 0,
  readBackBytes: 0,
  copiedBytes: 0,
};

/** Begins to count, for the rest of the thread's life. `take` gives what happened since the last `take`. */
export function watchGpu(): { take(): GpuCounts } {
  let counts = { ...NONE };
  before(GPUComputePassEncoder.prototype, 'dispatchWorkgroups', () => counts.dispatches++);
  before(GPUComputePassEncoder.prototype, 'dispatchWorkgroupsIndirect', () => counts.dispatches++);
  before(GPUQueue.prototype, 'submit', (buffers) => (counts.submissions += [...buffers].length));
  before(GPUDevice.prototype, 'createBindGroup', () => counts.bindGroups++);
  before(GPUDevice.prototype, 'createComputePipeline', () => counts.pipelines++);
  before(GPUDevice.prototype, 'createComputePipelineAsync', () => counts.pipelines++);
  before(GPUDevice.prototype, 'createBuffer', ({ size, usage, mappedAtCreation }) => {
    // Buffers that stay mappable are counted when they are copied from.
    if (mappedAtCreation && !(usage & MAP_WRITE)) counts.uploadedBytes += size;
  });
  before(GPUQueue.prototype, 'writeBuffer', (_buffer, _offset, data, start = 0, size?) => {
    // Typed arrays are counted in elements, other buffers in bytes.
    const element = ArrayBuffer.isView(data) ? bytesPerElement(data) : 1;
    counts.uploadedBytes += size === undefined ? data.byteLength - start * element : size * element;
  });
  before(GPUCommandEncoder.prototype, 'copyBufferToBuffer', (...copy: unknown[]) => {
    const { from, to, bytes } = copyOf(copy);
    if (from.usage & MAP_WRITE) counts.uploadedBytes += bytes;
    else if (to.usage & MAP_READ) counts.readBackBytes += bytes;
    else counts.copiedBytes += bytes;
  });
  return {
    take() {
      const taken = counts;
      counts = { ...NONE };
      return taken;
    },
  };
}

function bytesPerElement(view: ArrayBufferView): number {
  return 'BYTES_PER_ELEMENT' in view ? Number(view.BYTES_PER_ELEMENT) : 1;
}

/** Both forms of the call: (from, fromOffset, to, toOffset, size) and (from, to, size). */
function copyOf(copy: unknown[]): { from: GPUBuffer; to: GPUBuffer; bytes: number } {
  const long = typeof copy[1] === 'number';
  const from = copy[0] as GPUBuffer;
  const to = copy[long ? 2 : 1] as GPUBuffer;
  const size = copy[long ? 4 : 2] as number | undefined;
  const offset = long ? (copy[1] as number) : 0;
  return { from, to, bytes: size ?? from.size - offset };
}
