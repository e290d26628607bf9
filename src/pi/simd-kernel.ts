import { piWasmBase64 } from './pi-wasm.generated.ts'

/** Hits among the first `trials` (0..2^20) darts of the stream of (`seed`, `block`). */
export type CountBlockHits = (seed: number, block: number, trials: number) => number

/** The kernel as WebAssembly, 3 kB. */
export function piWasm(): Uint8Array {
  return Buffer.from(piWasmBase64, 'base64')
}

/**
 * Compiles the WebAssembly kernel (src/kernels/pi.ts) in this thread; takes about a millisecond.
 * Throws WebAssembly's CompileError where there are no vector instructions: ask WebAssembly.validate(piWasm()) first.
 */
export function createSimdKernel(): CountBlockHits {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(piWasm()))
  // The one export of the kernel, made from the source that has this signature.
  return exports['countBlockHits'] as CountBlockHits
}
