/**
 * Against the numbers of training/transformer/cluster_sampling.py; with FLIPBOOK_COGVIDEO, a folder of
 * `python -m training.cogvideo.export_golden`, against the distributions of CogVideo's own code.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
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
    /** Absent in golden sets. */
    draws?: { u: number; code: number }[];
  }[];
}

const folder =
  process.env['FLIPBOOK_COGVIDEO'] ?? fileURLToPath(new URL('../../fixtures', import.meta.url));
const fixture = JSON.parse(readFileSync(`${folder}/clusterSampling.json`, 'utf8')) as Fixture;
/** Of probabilities, as the golden sets' README suggests. */
const LIMIT = 1e-6;
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
    const worst = wanted.probabilities.reduce(
      (most, p, code) => Math.max(most, Math.abs(found[code]! - p)),
      0,
    );
    if (!wanted.draws) console.log('largest difference of a probability:', worst);
    expect(worst).toBeLessThan(wanted.draws ? 1e-10 : LIMIT);
  });

  it.runIf(wanted.draws)('draws the codes of Python', () => {
    expect(wanted.draws!.length).toBeGreaterThan(20);
    for (const { u, code } of wanted.draws!) expect(sampleCluster(logits, sampling, u)).toBe(code);
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
