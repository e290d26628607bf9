/** Messages beyond it have memory of their own. */
const MOST_LANDING_BYTES = 1024

/**
 * Memory that small values arrive in, one after the other, and are decoded or copied from at once: to make memory for each takes longer
 * than to decode it.
 */
export class Landing {
  /** A message is arriving. */
  private isBusy = false
  private readonly memory = new ArrayBuffer(MOST_LANDING_BYTES)
  /** By length: a view is as dear as memory. */
  private readonly views: (Uint8Array | undefined)[] = []

  /** Memory for a message, until `free`; null where it is too long or another one is arriving. */
  take(bytes: number): Uint8Array | null {
    if (this.isBusy || bytes > MOST_LANDING_BYTES) return null
    this.isBusy = true
    return this.views[bytes] ?? this.makeView(bytes)
  }

  free(): void {
    this.isBusy = false
  }

  private makeView(bytes: number): Uint8Array {
    while (this.views.length <= bytes) this.views.push(undefined)
    const view = new Uint8Array(this.memory, 0, bytes)
    this.views[bytes] = view
    return view
  }
}
