/** Counts how often the pipeline's worker reads something back from the WebGPU device, and binds buffers
 *  to kernels there. */
import type { BrowserContext, Page } from 'playwright-core';

export interface ReadBacks {
  /** Of drawn tokens. */
  tokens: number;
  /** Of anything else: pixels, summaries of texts, logits. */
  others: number;
  /** Not read back: groups of buffers that were bound to a kernel. */
  bindGroups: number;
}

const CHANNEL = 'read-backs';

/** Buffers of the worker are out of reach from here, so its script gets what counts them. */
export async function countReadBacks(context: BrowserContext): Promise<void> {
  await context.route('**/pipeline.worker-*.js', async (route) => {
    const response = await route.fetch();
    const counting = `const counts = { tokens: 0, others: 0, bindGroups: 0 };
      const map = GPUBuffer.prototype.mapAsync;
      GPUBuffer.prototype.mapAsync = function (...given) {
        counts[this.label === 'drawn tokens to read' ? 'tokens' : 'others']++;
        return map.apply(this, given);
      };
      const bind = GPUDevice.prototype.createBindGroup;
      GPUDevice.prototype.createBindGroup = function (...given) {
        counts.bindGroups++;
        return bind.apply(this, given);
      };
      new BroadcastChannel('${CHANNEL}').onmessage = ({ target, data }) => {
        if (data === 'how many') target.postMessage(counts);
      };`;
    await route.fulfill({ response, body: counting + (await response.text()) });
  });
}

/** All so far. */
export function readBacks(page: Page): Promise<ReadBacks> {
  return page.evaluate(
    (name) =>
      new Promise<ReadBacks>((resolve) => {
        const channel = new BroadcastChannel(name);
        channel.onmessage = ({ data }) => {
          channel.close();
          resolve(data as ReadBacks);
        };
        channel.postMessage('how many');
      }),
    CHANNEL,
  );
}
