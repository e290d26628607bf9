import { freemem } from 'node:os'
import type { Context } from 'mocha'
import { skipHere } from './skip-here.ts'

const GIB = 2 ** 30

/** Skips the test where fewer GiB of memory are free. */
export function needFree(context: Context, gib: number): void {
  const free = freemem() / GIB
  if (free < gib) skipHere(context, `needs ${gib} GiB of free memory, here are ${free.toFixed(1)}`)
}
