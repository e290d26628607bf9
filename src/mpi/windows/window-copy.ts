import { bytesOf, type View } from '../datatypes/datatype.ts'

/** Words of 1, 2 or 4 bytes, whichever an element is made of. */
type Words = Uint8Array | Uint16Array | Uint32Array

/**
 * A view of a program in memory of its own, and its copy that other ranks read and write: MPI's separate memory model (MPI 4.1 §12.4).
 * sync() brings them together, element by element: what the program has changed since the last time goes out, everything else comes in.
 */
export class WindowCopy {
  private readonly mine: Words
  private readonly common: Words
  /** What both were after the last sync(). */
  private readonly before: Words
  private readonly wordsOfElement: number

  constructor(mine: View, common: View) {
    this.mine = wordsOf(mine)
    this.common = wordsOf(common)
    this.before = this.mine.slice()
    this.wordsOfElement = Math.max(1, mine.BYTES_PER_ELEMENT / 4)
  }

  sync(): void {
    if (this.wordsOfElement === 1) this.syncWords()
    else this.syncPairs()
  }

  private syncWords(): void {
    const { mine, common, before } = this
    for (let i = 0; i < mine.length; i += 1) {
      const word = mine[i] as number
      if (word !== before[i]) {
        common[i] = word
        before[i] = word
      } else if (word !== common[i]) {
        const theirs = common[i] as number
        mine[i] = theirs
        before[i] = theirs
      }
    }
  }

  /** Elements of 8 bytes go out whole where either half has changed. */
  private syncPairs(): void {
    const { mine, common, before } = this
    for (let i = 0; i < mine.length; i += 2) {
      const isMine = mine[i] !== before[i] || mine[i + 1] !== before[i + 1]
      const [from, to] = isMine ? [mine, common] : [common, mine]
      const low = from[i] as number
      const high = from[i + 1] as number
      to[i] = low
      to[i + 1] = high
      before[i] = low
      before[i + 1] = high
    }
  }
}

function wordsOf(view: View): Words {
  const { buffer, byteOffset, byteLength } = bytesOf(view)
  if (view.BYTES_PER_ELEMENT === 1) return new Uint8Array(buffer, byteOffset, byteLength)
  if (view.BYTES_PER_ELEMENT === 2) return new Uint16Array(buffer, byteOffset, byteLength / 2)
  return new Uint32Array(buffer, byteOffset, byteLength / 4)
}
