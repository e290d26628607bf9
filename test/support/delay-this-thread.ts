// Loaded by `node --import` into a coordinator, whose main thread is the agent of its node: delays its steps on shared memory.
import { DELAYS, Delays } from './delays.ts'

const seed = process.env[DELAYS]
if (seed !== undefined) new Delays(Number(seed)).delayAtomics()
