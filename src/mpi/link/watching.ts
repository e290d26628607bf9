import type { Link, Watch } from './link.ts'

/** A request that is done by shared memory or by an agent, and not by a message that names it. */
export interface Watched extends Watch {
  /** Goes on as far as it can; true: it is over and need not be looked at again. Never blocks. */
  look(): boolean
}

/** What a rank looks at whenever its messages move, and what wakes it while it sleeps. */
export class Watching implements Watch {
  private readonly link: Link
  private readonly ones = new Set<Watched>()

  constructor(link: Link) {
    this.link = link
  }

  get isEmpty(): boolean {
    return this.ones.size === 0
  }

  add(one: Watched): void {
    this.ones.add(one)
    this.link.standing = this
  }

  delete(one: Watched): void {
    this.ones.delete(one)
    if (this.ones.size === 0) this.link.standing = null
  }

  hasCome(): boolean {
    for (const one of this.ones) if (one.hasCome()) return true
    return false
  }

  /** Whether any of them is over. */
  look(): boolean {
    let moved = false
    for (const one of this.ones) {
      if (!one.look()) continue
      this.delete(one)
      moved = true
    }
    return moved
  }
}
