import { countBlockHits } from './scalar-kernel.ts'
import { type CountBlockHits, createSimdKernel, piWasm } from './simd-kernel.ts'

/**
 * The trial kernel to use: `wanted` is the value of MPIRUN_TS_PI_KERNEL, `simd` (default) or `scalar`. Both give the same hits.
 * Where WebAssembly has no vector instructions, or no addresses for its memory (ulimit -v), it is the scalar one in any case. Throws a RangeError for any other value.
 */
export function chooseKernel(wanted: string | undefined): CountBlockHits {
  switch (wanted) {
    case undefined:
    case '':
    case 'simd':
      return WebAssembly.validate(piWasm()) ? simdKernel() : countBlockHits
    case 'scalar':
      return countBlockHits
    default:
      throw new RangeError(
        `Cannot choose a pi kernel: MPIRUN_TS_PI_KERNEL is "${wanted}". Set it to simd or scalar, or unset it.`,
      )
  }
}

function simdKernel(): CountBlockHits {
  try {
    return createSimdKernel()
  } catch (error) {
    if (error instanceof RangeError) return countBlockHits
    throw error
  }
}
