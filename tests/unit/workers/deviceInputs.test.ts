/** What passes read of the device. */
import { Tensor } from 'onnxruntime-common';
import { describe, expect, it } from 'vitest';
import { DeviceInputs } from '../../../workers/runtime/deviceInputs';
import type { OnnxGraph } from '../../../workers/runtime/onnxGraph';

/** A device whose buffers are told by name. */
function tellingDevice(): { device: GPUDevice; made: string[]; freed: string[] } {
  const [made, freed] = [[] as string[], [] as string[]];
  const device = {
    createBuffer: ({ label, size }: GPUBufferDescriptor) => {
      made.push(`${label} ${size}`);
      return { label, size, destroy: () => freed.push(`${label} ${size}`) };
    },
    queue: { writeBuffer: () => undefined },
  };
  return { device: device as unknown as GPUDevice, made, freed };
}

function graphOn(device: GPUDevice | undefined, inGpu: string[]): OnnxGraph {
  return { runtime: { device, ort: { Tensor } }, inGpu: new Set(inGpu) } as unknown as OnnxGraph;
}

describe('inputs that stay the same', () => {
  const feeds = {
    ids: new Tensor('int32', new Int32Array(4), [1, 4]),
    positions: new Tensor('int32', new Int32Array(5), [1, 5]),
    spatial_bias: new Tensor('float32', new Float32Array(12), [1, 1, 3, 4]),
  };

  it('lie on the device while they are used, and ids in main memory', () => {
    const { device, made, freed } = tellingDevice();
    const inputs = new DeviceInputs(graphOn(device, ['logits']));
    const placed = inputs.place(feeds);
    expect(Object.keys(placed).sort()).toEqual(Object.keys(feeds).sort());
    expect(placed.ids).toBe(feeds.ids);
    expect(placed.spatial_bias).toMatchObject({
      location: 'gpu-buffer',
      type: 'float32',
      dims: [1, 1, 3, 4],
    });
    expect(made).toContain('spatial_bias 48');
    expect(freed).toEqual([]);
    inputs.dispose();
    expect(freed).toEqual(made);
  });

  it('stay in main memory where a graph or a part of it runs there', () => {
    expect(new DeviceInputs(graphOn(undefined, [])).place(feeds)).toBe(feeds);
    const { device, made } = tellingDevice();
    expect(new DeviceInputs(graphOn(device, ['new_temporal_key_0'])).place(feeds)).toBe(feeds);
    expect(made).toEqual([]);
  });
});
