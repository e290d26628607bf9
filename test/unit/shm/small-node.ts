import { HEAD, type NodeMemory, pairOffset, TAIL } from '../../../src/shm/layout.ts'

/** A node with rings that are small enough to try every offset. */
export function smallNode(ringBytes: number, endpoints = 2): NodeMemory {
  const bytes = endpoints * 128 + endpoints * endpoints * (128 + ringBytes)
  const pages = Math.ceil(bytes / 65536)
  return {
    memory: new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }),
    endpoints,
    ringBytes,
  }
}

/** Makes a ring look as if `bytes` bytes had passed through it. */
export function presetRing(node: NodeMemory, producer: number, consumer: number, bytes: number): void {
  const words = new Int32Array(node.memory.buffer)
  const pair = pairOffset(node.endpoints, producer, consumer) / 4
  words[pair + TAIL] = bytes
  words[pair + HEAD] = bytes
}

/** Bytes in a ring that are not read, from its shared words. */
export function bytesInRing(node: NodeMemory, producer: number, consumer: number): number {
  const words = new Int32Array(node.memory.buffer)
  const pair = pairOffset(node.endpoints, producer, consumer) / 4
  return ((words[pair + TAIL] ?? 0) - (words[pair + HEAD] ?? 0)) | 0
}
