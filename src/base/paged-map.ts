const PAGE = 64

/**
 * A map from small whole numbers that is never changed: with() and without() give another one, which shares with it all pages but one. So a state
 * that knows ten thousand nodes costs some hundred steps to change, not ten thousand.
 */
export class PagedMap<T> {
  readonly #pages: readonly (ReadonlyMap<number, T> | undefined)[]
  readonly size: number

  private constructor(pages: readonly (ReadonlyMap<number, T> | undefined)[], size: number) {
    this.#pages = pages
    this.size = size
  }

  static of<T>(entries: Iterable<readonly [number, T]> = []): PagedMap<T> {
    const pages: Map<number, T>[] = []
    for (const [key, value] of entries) (pages[Math.floor(key / PAGE)] ??= new Map()).set(key, value)
    return new PagedMap(
      pages,
      pages.reduce((sum, page) => sum + page.size, 0),
    )
  }

  get(key: number): T | undefined {
    return this.#pages[Math.floor(key / PAGE)]?.get(key)
  }

  with(key: number, value: T): PagedMap<T> {
    const at = Math.floor(key / PAGE)
    const before = this.#pages[at]
    const isNew = before?.has(key) !== true
    return this.#replaced(at, new Map(before).set(key, value), this.size + (isNew ? 1 : 0))
  }

  without(key: number): PagedMap<T> {
    const at = Math.floor(key / PAGE)
    const page = new Map(this.#pages[at])
    return page.delete(key) ? this.#replaced(at, page, this.size - 1) : this
  }

  *[Symbol.iterator](): Generator<[number, T]> {
    for (const page of this.#pages) if (page !== undefined) yield* page
  }

  #replaced(at: number, page: ReadonlyMap<number, T>, size: number): PagedMap<T> {
    const pages = [...this.#pages]
    pages[at] = page
    return new PagedMap(pages, size)
  }
}
