import type { Runtime } from '../mpi/runtime.ts'
import { startLibrary } from './kept-program.ts'

/** The file singleton.cjs: starts entry/singleton.ts. */
const started = startLibrary<{ startSingleton(): Runtime }>(require, __dirname, 'singleton-program')
export const startSingleton = (): Runtime => started.startSingleton()
