import { OrtRuntime } from '../../../workers/runtime/ortRuntime';
import type { OrtModule } from '../../../workers/runtime/ortRuntime';

/**
 * WebGPU that is given everything from main memory and gives everything back to it. onnxruntime-node
 * knows no tensors on a device, so this is how its provider and the one that is compiled for
 * browsers can be compared.
 */
export class MainMemoryRuntime extends OrtRuntime {
  constructor(ort: OrtModule, detail: string) {
    super(ort, { backend: 'webgpu', detail }, 'cpu');
  }

  override providers(): string[] {
    return ['webgpu'];
  }
}
