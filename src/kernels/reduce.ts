/// Element-wise reductions in the shared memory of a node: to[i] = lower[i] op higher[i] for `count` elements at byte addresses. `to` may be
/// `lower` or `higher`; other overlaps are not allowed. Same results as the loops of src/mpi/operations/reduce-loops.ts, bit for bit but for the bits
/// of a NaN. AssemblyScript: compiled by scripts/build-kernels.mjs.

/** 64 bytes, a cache line, for each turn of the loop; the rest element by element. */
const LINE: usize = 64

/** Bytes of the elements that whole turns of the loop take. */
function lines<T>(count: i32): usize {
  return (<usize>count * sizeof<T>()) & ~(LINE - 1)
}

function sum<T>(to: usize, lower: usize, higher: usize, count: i32): void {
  const end = to + <usize>count * sizeof<T>()
  const whole = to + lines<T>(count)
  for (; to < whole; to += LINE, lower += LINE, higher += LINE) {
    const a = v128.add<T>(v128.load(lower), v128.load(higher))
    const b = v128.add<T>(v128.load(lower, 16), v128.load(higher, 16))
    const c = v128.add<T>(v128.load(lower, 32), v128.load(higher, 32))
    const d = v128.add<T>(v128.load(lower, 48), v128.load(higher, 48))
    v128.store(to, a)
    v128.store(to, b, 16)
    v128.store(to, c, 32)
    v128.store(to, d, 48)
  }
  for (; to < end; to += sizeof<T>(), lower += sizeof<T>(), higher += sizeof<T>()) {
    store<T>(to, <T>(load<T>(lower) + load<T>(higher)))
  }
}

function product<T>(to: usize, lower: usize, higher: usize, count: i32): void {
  const end = to + <usize>count * sizeof<T>()
  const whole = to + lines<T>(count)
  for (; to < whole; to += LINE, lower += LINE, higher += LINE) {
    const a = v128.mul<T>(v128.load(lower), v128.load(higher))
    const b = v128.mul<T>(v128.load(lower, 16), v128.load(higher, 16))
    const c = v128.mul<T>(v128.load(lower, 32), v128.load(higher, 32))
    const d = v128.mul<T>(v128.load(lower, 48), v128.load(higher, 48))
    v128.store(to, a)
    v128.store(to, b, 16)
    v128.store(to, c, 32)
    v128.store(to, d, 48)
  }
  for (; to < end; to += sizeof<T>(), lower += sizeof<T>(), higher += sizeof<T>()) {
    store<T>(to, <T>(load<T>(lower) * load<T>(higher)))
  }
}

function smallest<T>(to: usize, lower: usize, higher: usize, count: i32): void {
  const end = to + <usize>count * sizeof<T>()
  const whole = to + lines<T>(count)
  for (; to < whole; to += LINE, lower += LINE, higher += LINE) {
    const a = v128.min<T>(v128.load(lower), v128.load(higher))
    const b = v128.min<T>(v128.load(lower, 16), v128.load(higher, 16))
    const c = v128.min<T>(v128.load(lower, 32), v128.load(higher, 32))
    const d = v128.min<T>(v128.load(lower, 48), v128.load(higher, 48))
    v128.store(to, a)
    v128.store(to, b, 16)
    v128.store(to, c, 32)
    v128.store(to, d, 48)
  }
  for (; to < end; to += sizeof<T>(), lower += sizeof<T>(), higher += sizeof<T>()) {
    store<T>(to, min<T>(load<T>(lower), load<T>(higher)))
  }
}

function largest<T>(to: usize, lower: usize, higher: usize, count: i32): void {
  const end = to + <usize>count * sizeof<T>()
  const whole = to + lines<T>(count)
  for (; to < whole; to += LINE, lower += LINE, higher += LINE) {
    const a = v128.max<T>(v128.load(lower), v128.load(higher))
    const b = v128.max<T>(v128.load(lower, 16), v128.load(higher, 16))
    const c = v128.max<T>(v128.load(lower, 32), v128.load(higher, 32))
    const d = v128.max<T>(v128.load(lower, 48), v128.load(higher, 48))
    v128.store(to, a)
    v128.store(to, b, 16)
    v128.store(to, c, 32)
    v128.store(to, d, 48)
  }
  for (; to < end; to += sizeof<T>(), lower += sizeof<T>(), higher += sizeof<T>()) {
    store<T>(to, max<T>(load<T>(lower), load<T>(higher)))
  }
}

/** The largest is that of the numbers: NaN where there is one, and 0 rather than -0 (f64.max, f32.max). */
export function sumF64(to: usize, lower: usize, higher: usize, count: i32): void {
  sum<f64>(to, lower, higher, count)
}
export function sumF32(to: usize, lower: usize, higher: usize, count: i32): void {
  sum<f32>(to, lower, higher, count)
}
export function sumI8(to: usize, lower: usize, higher: usize, count: i32): void {
  sum<i8>(to, lower, higher, count)
}
export function sumI16(to: usize, lower: usize, higher: usize, count: i32): void {
  sum<i16>(to, lower, higher, count)
}
export function sumI32(to: usize, lower: usize, higher: usize, count: i32): void {
  sum<i32>(to, lower, higher, count)
}
export function sumI64(to: usize, lower: usize, higher: usize, count: i32): void {
  sum<i64>(to, lower, higher, count)
}
export function productF64(to: usize, lower: usize, higher: usize, count: i32): void {
  product<f64>(to, lower, higher, count)
}
export function productF32(to: usize, lower: usize, higher: usize, count: i32): void {
  product<f32>(to, lower, higher, count)
}
export function productI16(to: usize, lower: usize, higher: usize, count: i32): void {
  product<i16>(to, lower, higher, count)
}
export function productI32(to: usize, lower: usize, higher: usize, count: i32): void {
  product<i32>(to, lower, higher, count)
}
export function productI64(to: usize, lower: usize, higher: usize, count: i32): void {
  product<i64>(to, lower, higher, count)
}
export function minF64(to: usize, lower: usize, higher: usize, count: i32): void {
  smallest<f64>(to, lower, higher, count)
}
export function minF32(to: usize, lower: usize, higher: usize, count: i32): void {
  smallest<f32>(to, lower, higher, count)
}
export function minI8(to: usize, lower: usize, higher: usize, count: i32): void {
  smallest<i8>(to, lower, higher, count)
}
export function minU8(to: usize, lower: usize, higher: usize, count: i32): void {
  smallest<u8>(to, lower, higher, count)
}
export function minI16(to: usize, lower: usize, higher: usize, count: i32): void {
  smallest<i16>(to, lower, higher, count)
}
export function minU16(to: usize, lower: usize, higher: usize, count: i32): void {
  smallest<u16>(to, lower, higher, count)
}
export function minI32(to: usize, lower: usize, higher: usize, count: i32): void {
  smallest<i32>(to, lower, higher, count)
}
export function minU32(to: usize, lower: usize, higher: usize, count: i32): void {
  smallest<u32>(to, lower, higher, count)
}
export function maxF64(to: usize, lower: usize, higher: usize, count: i32): void {
  largest<f64>(to, lower, higher, count)
}
export function maxF32(to: usize, lower: usize, higher: usize, count: i32): void {
  largest<f32>(to, lower, higher, count)
}
export function maxI8(to: usize, lower: usize, higher: usize, count: i32): void {
  largest<i8>(to, lower, higher, count)
}
export function maxU8(to: usize, lower: usize, higher: usize, count: i32): void {
  largest<u8>(to, lower, higher, count)
}
export function maxI16(to: usize, lower: usize, higher: usize, count: i32): void {
  largest<i16>(to, lower, higher, count)
}
export function maxU16(to: usize, lower: usize, higher: usize, count: i32): void {
  largest<u16>(to, lower, higher, count)
}
export function maxI32(to: usize, lower: usize, higher: usize, count: i32): void {
  largest<i32>(to, lower, higher, count)
}
export function maxU32(to: usize, lower: usize, higher: usize, count: i32): void {
  largest<u32>(to, lower, higher, count)
}
