/**
 * One frame of the converted fixture (training/tests/shard_fixture.py) through the runner, from any
 * number of shards. Node and the browser draw by this same code.
 */
import type { InferenceSession } from 'onnxruntime-common';
import type { GraphManifest, ModelFile, ModelManifest } from '../src/shared/manifest';
import { readShardBytes } from '../workers/runtime/graphBytes';
import { OnnxGraph } from '../workers/runtime/onnxGraph';
import { OrtRuntime } from '../workers/runtime/ortRuntime';
import type { OrtModule } from '../workers/runtime/ortRuntime';
import { ROWS_IN_GPU } from '../workers/runtime/modelGraphs';
import { TransformerRunner } from '../workers/runtime/transformerRunner';
import { INTERPOLATION_ORDER } from '../workers/sampling/schedule';

/** What onnxruntime was asked for. */
export interface SessionsSeen {
  /** Sessions that exist, or are being made or released. */
  now: number;
  most: number;
  /** Ever made. */
  made: number;
}

export interface ShardDrawing {
  tokens: number[];
  /** Logits of all cells, one after the other. */
  logits: number[];
  files: number;
  runs: number;
  sessions: SessionsSeen;
  /** Where each hidden state lay when a shard was given it: 'cpu', 'gpu-buffer'. */
  hiddenStates: Record<string, string>;
}

export interface ShardPlan {
  /** The package of so many shards. */
  shards: number;
  /** So many of them are loaded at a time; absent: all. */
  residentShards?: number;
  /** Cells that are drawn; absent: the whole frame. */
  cells?: number;
}

/** Bytes of a file of the fixture, by its path below `tests/fixtures/shards`. */
export type ReadFixture = (path: string) => Promise<Uint8Array>;

/** The manifest of the package, which has the interpolation graph alone. */
export async function shardManifest(shards: number, read: ReadFixture): Promise<ModelManifest> {
  const text = new TextDecoder().decode(await read(`${shards}/manifest.json`));
  return JSON.parse(text) as ModelManifest;
}

/** How a graph reads the package's files. */
export function shardReader(shards: number, graph: GraphManifest, read: ReadFixture) {
  const file = ({ path }: ModelFile): Promise<Uint8Array> => read(`${shards}/${path}`);
  return (index: number): Promise<Uint8Array> => readShardBytes(graph, index, file);
}

/** The likeliest tokens of the first generated frame, from text and three given frames. */
export async function drawShards(
  runtime: OrtRuntime,
  { shards, residentShards, cells }: ShardPlan,
  read: ReadFixture,
): Promise<ShardDrawing> {
  const sessions: SessionsSeen = { now: 0, most: 0, made: 0 };
  const hiddenStates: Record<string, string> = {};
  const watched = watchedRuntime(runtime, sessions, hiddenStates);
  const manifest = await shardManifest(shards, read);
  const all = manifest.graphs.interpolation;
  const interpolation = residentShards === undefined ? all : { ...all, residentShards };
  const reader = shardReader(shards, interpolation, read);
  const graph = await OnnxGraph.create('shards', watched, interpolation, reader, ROWS_IN_GPU);
  try {
    const drawn = await drawFrame(graph, manifest, cells ?? manifest.grid ** 2);
    const files = interpolation.files.length;
    return { ...drawn, files, runs: 1 + drawn.tokens.length, sessions, hiddenStates };
  } finally {
    await graph.release();
  }
}

async function drawFrame(graph: OnnxGraph, manifest: ModelManifest, cells: number) {
  const runner = new TransformerRunner(graph, manifest, {
    texts: [Int32Array.of(60, 61, manifest.ids.lineBreak, 62)],
    windows: manifest.interpolationWindows,
    order: INTERPOLATION_ORDER,
    textBoost: 0,
  });
  const given = [3, 5, 7].map((step) =>
    Int32Array.from({ length: manifest.grid ** 2 }, (_, i) => (i * step) % 50),
  );
  const tokens: number[] = [];
  const all: number[] = [];
  try {
    await runner.prefill([given]);
    runner.ids.fill(manifest.ids.beginOfImage);
    for (let cell = 0; cell < cells; cell++) {
      const logits = await runner.step(given.length, cell);
      const token = logits.indexOf(Math.max(...logits));
      tokens.push(token);
      all.push(...logits);
      // A tied head likes its input best: what is fed must change for tokens to change.
      runner.ids.fill((token + 3 * cell) % manifest.codes);
    }
  } finally {
    runner.dispose();
  }
  return { tokens, logits: all };
}

/** The same onnxruntime and device, whose sessions are counted and whose hidden states are seen. */
function watchedRuntime(
  { ort, info, cpuProvider, device }: OrtRuntime,
  sessions: SessionsSeen,
  hiddenStates: Record<string, string>,
): OrtRuntime {
  const create = async (bytes: Uint8Array, options: InferenceSession.SessionOptions) => {
    sessions.made++;
    sessions.most = Math.max(sessions.most, ++sessions.now);
    const session = await ort.InferenceSession.create(bytes, options);
    const run = session.run.bind(session);
    const release = session.release.bind(session);
    session.run = (feeds: InferenceSession.OnnxValueMapType) => {
      for (const [name, { location }] of Object.entries(feeds)) {
        if (name.startsWith('hidden_')) hiddenStates[name] = location;
      }
      return run(feeds);
    };
    session.release = async () => {
      await release();
      sessions.now--;
    };
    return session;
  };
  const InferenceSession = { create } as OrtModule['InferenceSession'];
  return new OrtRuntime({ Tensor: ort.Tensor, InferenceSession }, info, cpuProvider, device);
}
