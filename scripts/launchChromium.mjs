import { chromium } from 'playwright-core';
import { requireChromium } from './findChromium.mjs';

const QUIET = [
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A real WebGPU adapter that runs on the CPU, without shader-f16. */
const SOFTWARE_WEBGPU = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

/**
 * Starts the installed Chromium without a window.
 *
 * @param {object} [options]
 * @param {boolean} [options.webgpu] false: no WebGPU at all; default: the software adapter
 * @param {boolean} [options.headless]
 * @param {string[]} [options.args] further flags
 * @returns {Promise<import('playwright-core').Browser>}
 */
export function launchChromium({ webgpu = true, headless = true, args = [] } = {}) {
  const gpu = webgpu ? SOFTWARE_WEBGPU : ['--disable-features=WebGPU,WebGPUService'];
  return chromium.launch({
    executablePath: requireChromium(),
    headless,
    args: [...QUIET, ...gpu, ...args],
    // Containers give Chromium no sandbox to build.
    chromiumSandbox: false,
  });
}
