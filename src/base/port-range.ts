/** Ports from `first` to `last`, both of them included. */
export interface PortRange {
  readonly first: number
  readonly last: number
}
