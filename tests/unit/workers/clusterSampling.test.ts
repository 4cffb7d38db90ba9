/** Against the numbers of training/transformer/cluster_sampling.py. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ClusterSampling } from '../../../workers/sampling/clusterSampling';
import {
  clusterShares,
  codeProbabilities,
  sampleCluster,
} from '../../../workers/sampling/clusterSampling';

interface Fixture {
  clusters: number[];
  cases: {
    temperature: number;
    kept: number;
    innerTemperature: number;
    logits: number[];
    keptClusters: number[];
    probabilities: number[];
    draws: { u: number; code: number }[];
  }[];
}

const file = new URL('../../fixtures/clusterSampling.json', import.meta.url);
const fixture = JSON.parse(readFileSync(file, 'utf8')) as Fixture;
const clusters = Int32Array.from(fixture.clusters);

describe.each(fixture.cases)('at $temperature/$kept/$innerTemperature', (wanted) => {
  const sampling: ClusterSampling = { ...wanted, clusters };
  const logits = Float64Array.from(wanted.logits);

  it('keeps the clusters of Python', () => {
    expect(clusterShares(logits, sampling).kept).toEqual(wanted.keptClusters);
  });

  it('has the distribution of Python', () => {
    const found = codeProbabilities(logits, sampling);
    expect(found.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
    wanted.probabilities.forEach((p, code) => expect(found[code]).toBeCloseTo(p, 10));
  });

  it('draws the codes of Python', () => {
    expect(wanted.draws.length).toBeGreaterThan(20);
    for (const { u, code } of wanted.draws) expect(sampleCluster(logits, sampling, u)).toBe(code);
  });
});

const SMALL: ClusterSampling = {
  clusters: Int32Array.of(0, 1, 2, 0, 1, 2, 2, 3),
  temperature: 0.7,
  kept: 4,
  innerTemperature: 0.5,
};

it('draws as often as it should', () => {
  const logits = Float64Array.of(1, 0.5, 2, 0, 1.5, -1, 1, 0.2);
  const sampling = { ...SMALL, kept: 2 };
  const counts = new Float64Array(8);
  const draws = 4000;
  for (let i = 0; i < draws; i++) counts[sampleCluster(logits, sampling, (i + 0.5) / draws)]! += 1;
  codeProbabilities(logits, sampling).forEach((p, code) => {
    expect(counts[code]! / draws).toBeCloseTo(p, 2.5);
  });
});

it('never draws codes that are ruled out', () => {
  const none = -Infinity;
  const logits = Float64Array.of(0, none, 3, none, none, none, 3, none);
  for (const u of [0, 0.4, 0.999999, 1 - 2 ** -53]) {
    expect([0, 2, 6]).toContain(sampleCluster(logits, SMALL, u));
  }
});

it('refuses logits that are not numbers', () => {
  const logits = new Float64Array(8);
  logits[3] = NaN;
  expect(() => sampleCluster(logits, SMALL, 0.5)).toThrow('not numbers');
  expect(() => sampleCluster(logits.fill(-Infinity), SMALL, 0.5)).toThrow('not numbers');
});
