/** How long the compute passes of this thread's WebGPU devices take, by timestamp queries. */
import { replaceMethod } from './watchMethod';

const FEATURE = 'timestamp-query';
/** A query set has 4096 queries at most, and a pass takes two. */
const MOST_PASSES = 2048;
const TIMESTAMP_BYTES = 8;
const NANOSECONDS = 1e6;
/** GPUBufferUsage.QUERY_RESOLVE | COPY_SRC, and MAP_READ | COPY_DST. */
const [RESOLVED, READABLE] = [0x0200 | 0x0004, 0x0001 | 0x0008];
/** GPUMapMode.READ */
const READ = 1;

export interface GpuTimer {
  /** Milliseconds that the device spent in compute passes since the last `take`, all of whose work
   *  must be done; null where the device tells no times, and after more than 2048 passes. Browsers
   *  round each timestamp to a tenth of a millisecond. */
  take(): Promise<number | null>;
}

/** Times the passes of the device that is asked for next, for the rest of the thread's life. */
export function timeGpu(): GpuTimer {
  let queries: PassQueries | undefined;
  replaceMethod(GPUAdapter.prototype, 'requestDevice', (requestDevice) => {
    return async function (given) {
      const wish = (given ?? {}) as GPUDeviceDescriptor;
      const timing: GPUFeatureName[] = this.features.has(FEATURE) ? [FEATURE] : [];
      const requiredFeatures = [...(wish.requiredFeatures ?? []), ...timing];
      const device = await (requestDevice.call(this, {
        ...wish,
        requiredFeatures,
      }) as Promise<GPUDevice>);
      queries = timing.length > 0 ? new PassQueries(device) : undefined;
      return device;
    };
  });
  replaceMethod(GPUCommandEncoder.prototype, 'beginComputePass', (begin) => {
    return function (given) {
      const timestampWrites = queries?.ofNextPass();
      return begin.call(this, timestampWrites ? { ...(given as object), timestampWrites } : given);
    };
  });
  return { take: () => queries?.take() ?? Promise.resolve(null) };
}

/** The queries of a device's passes since they were last read. */
class PassQueries {
  readonly #set: GPUQuerySet;
  #passes = 0;

  constructor(private readonly device: GPUDevice) {
    this.#set = device.createQuerySet({ type: 'timestamp', count: 2 * MOST_PASSES });
  }

  ofNextPass(): GPUComputePassTimestampWrites | undefined {
    const pass = this.#passes++;
    if (pass >= MOST_PASSES) return undefined;
    return {
      querySet: this.#set,
      beginningOfPassWriteIndex: 2 * pass,
      endOfPassWriteIndex: 2 * pass + 1,
    };
  }

  async take(): Promise<number | null> {
    const passes = this.#passes;
    this.#passes = 0;
    if (passes > MOST_PASSES) return null;
    if (passes === 0) return 0;
    const times = await this.#read(2 * passes);
    // Clocks may be set between the two: such a pass counts as nothing.
    const lengths = Array.from({ length: passes }, (_, pass) =>
      Math.max(0, Number(times[2 * pass + 1]! - times[2 * pass]!)),
    );
    return lengths.reduce((sum, length) => sum + length, 0) / NANOSECONDS;
  }

  async #read(count: number): Promise<BigUint64Array> {
    const size = count * TIMESTAMP_BYTES;
    const resolved = this.device.createBuffer({ size, usage: RESOLVED });
    const readable = this.device.createBuffer({ size, usage: READABLE });
    try {
      const encoder = this.device.createCommandEncoder();
      encoder.resolveQuerySet(this.#set, 0, count, resolved, 0);
      encoder.copyBufferToBuffer(resolved, 0, readable, 0, size);
      this.device.queue.submit([encoder.finish()]);
      await readable.mapAsync(READ);
      return new BigUint64Array(readable.getMappedRange().slice(0));
    } finally {
      resolved.destroy();
      readable.destroy();
    }
  }
}
