import { Datatype } from '../../../../wire/envelope.ts'
import type { SharedMemory } from '../../../link/link.ts'
import type { Op } from '../../../operations/reduce-op.ts'
import { reduceWasmBase64 } from './reduce-wasm.generated.ts'

/** `to[i] = lower[i] op higher[i]` for i < count, all three at byte addresses of the node's memory; `to` may be one of the others. */
export type ReduceKernel = (to: number, lower: number, higher: number, count: number) => void

/** Element types that a kernel tells apart, by datatype: sums and products of integers do not depend on the sign. */
const ofSums: readonly string[] = byDatatype({
  float64: 'F64',
  float32: 'F32',
  int8: 'I8',
  uint8: 'I8',
  int16: 'I16',
  uint16: 'I16',
  int32: 'I32',
  uint32: 'I32',
  bigInt64: 'I64',
  bigUint64: 'I64',
})

const ofOrders: readonly string[] = byDatatype({
  float64: 'F64',
  float32: 'F32',
  int8: 'I8',
  uint8: 'U8',
  int16: 'I16',
  uint16: 'U16',
  int32: 'I32',
  uint32: 'U32',
})

/** First words of the names of src/kernels/reduce.ts, by operation. */
const operations: Readonly<Record<string, { readonly name: string; readonly types: readonly string[] }>> = {
  SUM: { name: 'sum', types: ofSums },
  PROD: { name: 'product', types: ofSums },
  MIN: { name: 'min', types: ofOrders },
  MAX: { name: 'max', types: ofOrders },
}

function byDatatype(types: Partial<Record<keyof typeof Datatype, string>>): string[] {
  return Object.keys(Datatype).map((name) => types[name as keyof typeof Datatype] ?? '')
}

/** The reductions that are compiled to vector instructions (src/kernels/reduce.ts), over one memory. */
export class ReduceKernels {
  private readonly memory: SharedMemory['memory']
  private exports: Record<string, unknown> | null = null

  constructor(memory: SharedMemory['memory']) {
    this.memory = memory
  }

  /** The kernel of an operation on a datatype; null where there is none: then the loop of reduce-loops.ts does the same. */
  find(op: Op, datatype: number): ReduceKernel | null {
    const operation = op.fn === null ? operations[op.name] : undefined
    const type = operation?.types[datatype] ?? ''
    if (operation === undefined || type === '') return null
    // Exports are functions of this type, see the source; a product of bytes has no vector instruction, so there is none.
    const kernel = this.instance()[operation.name + type] as ReduceKernel | undefined
    return kernel ?? null
  }

  private instance(): Record<string, unknown> {
    if (this.exports === null) {
      const wasm = Buffer.from(reduceWasmBase64, 'base64')
      const canRun = this.memory instanceof WebAssembly.Memory && WebAssembly.validate(wasm)
      this.exports = canRun
        ? new WebAssembly.Instance(new WebAssembly.Module(wasm), { env: { memory: this.memory } }).exports
        : {}
    }
    return this.exports
  }
}
