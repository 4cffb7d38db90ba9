/** What a recorded run feeds to a session that computes nothing. */
import type { InferenceSession } from 'onnxruntime-common';
import { Tensor } from 'onnxruntime-common';
import { expect, it } from 'vitest';
import type { OnnxGraph } from '../../../workers/runtime/onnxGraph';
import type { Feeds, OrtRuntime } from '../../../workers/runtime/ortRuntime';
import { RecordedRun } from '../../../workers/runtime/recordedRun';

interface ToldBuffer {
  label: string;
  size: number;
  content?: number[];
  freed?: boolean;
}

function recording(): { graph: OnnxGraph; fed: Feeds[]; released: () => number } {
  const fed: Feeds[] = [];
  let releases = 0;
  const device = {
    createBuffer: ({ label, size }: ToldBuffer) => {
      const buffer: ToldBuffer & { destroy(): void } = {
        label,
        size,
        destroy: () => (buffer.freed = true),
      };
      return buffer;
    },
    queue: {
      writeBuffer: (buffer: ToldBuffer, _: number, data: Float32Array) =>
        (buffer.content = [...data]),
    },
  };
  const runtime = {
    ort: { Tensor },
    device: device as unknown as GPUDevice,
    exclusive: (work: () => Promise<unknown>) => work(),
  } as unknown as OrtRuntime;
  const session = {
    run: (feeds: Feeds) => Promise.resolve(void fed.push(feeds)),
    release: () => Promise.resolve(void releases++),
  } as unknown as InferenceSession;
  const graph = { runtime, recordingSession: () => Promise.resolve(session) };
  return { graph: graph as unknown as OnnxGraph, fed, released: () => releases };
}

function onDevice(label: string): Tensor {
  const buffer = { label } as unknown as GPUBuffer;
  return Tensor.fromGpuBuffer(buffer, { dataType: 'float32', dims: [1, 4] });
}

it('keeps every input in its place, with the content of the run', async () => {
  const { graph, fed, released } = recording();
  const run = await RecordedRun.create(graph);
  const positions = new Int32Array([5, 6, 7]);
  const summary = new Float32Array([1, 2]);
  const feeds: Feeds = {
    positions: new Tensor('int32', positions, [3, 1]),
    text: new Tensor('int32', new Int32Array(0), [0, 4]),
    summary: new Tensor('float32', summary, [1, 1, 2]),
    spatial_key_0: onDevice('cache'),
  };
  await run.run(feeds);
  const [first] = fed as [Feeds];
  const buffers = Object.values(first).map(({ gpuBuffer }) => gpuBuffer as unknown as ToldBuffer);
  // In units of 16 bytes, the empty one, too.
  expect(buffers.slice(0, 3).map(({ label, size }) => `${label} ${size}`)).toEqual([
    'positions 16',
    'text 16',
    'summary 16',
  ]);
  expect(first['text']!.dims).toEqual([0, 4]);
  expect(first['spatial_key_0']).toBe(feeds['spatial_key_0']);
  expect(buffers[0]!.content).toEqual([5, 6, 7]);

  positions.fill(8);
  summary.fill(9);
  await run.run(feeds);
  expect(fed[1]).toBe(first);
  expect(buffers[0]!.content).toEqual([8, 8, 8]);
  // The summary is the same in all steps of a batch, and is not sent again.
  expect(buffers[2]!.content).toEqual([1, 2]);

  await run.release();
  expect(released()).toBe(1);
  expect(buffers.map(({ freed }) => freed ?? false)).toEqual([true, true, true, false]);
});

it('refuses an input on the device in another buffer, which would be ignored', async () => {
  const { graph } = recording();
  const run = await RecordedRun.create(graph);
  await run.run({ ids: onDevice('ids') });
  const moved = run.run({ ids: onDevice('others') });
  await expect(moved).rejects.toThrow(/input ids .* changed its place/);
});
