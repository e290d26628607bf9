import type { NodeMemory } from './layout.ts'

/** Gives the processor to another thread that wants it, and returns when it is this one's turn again; at once where there is none. */
export type CoreYield = () => unknown

/** The part of node:wasi that is used here. */
interface WasiModule {
  readonly WASI: new (options: {
    version: 'preview1'
  }) => {
    initialize(instance: object): void
    readonly wasiImport: Record<string, unknown>
  }
}

/**
 * The kernel's `sched_yield`, which JavaScript has through node:wasi alone: nothing of WebAssembly is run, only the function that a program would
 * import is called. null: this Node has none (before 20.16, or with its permission model). Takes 0.4 ms; docs/decisions/0026-yield.md.
 *
 * node:wasi wants a memory before its functions work; `sched_yield` does not touch it. It gets the node's, because a memory of its own, however
 * small, would reserve 10 GiB of address space for each rank.
 */
export function loadCoreYield({ memory }: NodeMemory): CoreYield | null {
  try {
    const wasi = new (loadWasi().WASI)({ version: 'preview1' })
    wasi.initialize({ exports: { memory } })
    const { sched_yield: coreYield } = wasi.wasiImport
    return typeof coreYield === 'function' ? (coreYield as CoreYield) : null
  } catch {
    return null
  }
}

/** Without Node's warning that WASI is an experiment: the user's program does not use it. Other warnings pass. */
function loadWasi(): WasiModule {
  // Whatever is there, and of any form: a program may have put in its own.
  const emitWarning = Reflect.get(process, 'emitWarning') as (this: NodeJS.Process, ...words: unknown[]) => void
  // Node warns through whatever function is there while it loads the module.
  process.emitWarning = (...words: unknown[]): void => {
    if (!isAboutWasi(words)) emitWarning.apply(process, words)
  }
  try {
    // Not an import, which would load it, and warn, at the start of every rank.
    return process.getBuiltinModule('node:wasi') as WasiModule
  } finally {
    process.emitWarning = emitWarning
  }
}

function isAboutWasi([text, type]: readonly unknown[]): boolean {
  return type === 'ExperimentalWarning' && String(text).includes('WASI')
}
