/**
 * What the user is told of a rank whose JavaScript heap was full. `limitMb`: as chosen by --max-old-space-size; undefined: Node has chosen it by the
 * machine's memory, for each thread what it chose for this one.
 */
export function outOfMemory(limitMb: number | undefined): string {
  const mb = limitMb ?? ownLimitMb()
  return (
    `out of memory: the JavaScript heap of the rank has reached its limit of ${mb} MB. Keep less in it, use more ranks, ` +
    `or give each rank more: --node-args "--max-old-space-size=${2 * mb}" (in MB; typed arrays are not in the heap and do not count).`
  )
}

function ownLimitMb(): number {
  const { heap_size_limit: bytes } = process.getBuiltinModule('node:v8').getHeapStatistics()
  return Math.round(bytes / 2 ** 20)
}
