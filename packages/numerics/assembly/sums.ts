// Sums over a block in numpy's pairwise order, so that searches decide as the reference does: eight running sums joined
// two by two, and runs of 128 added one to the other.

/** Numbers that are summed in one run. */
export const run: i32 = 128

/** ((r0 + r1) + (r2 + r3)) + ((r4 + r5) + (r6 + r7)) */
// @ts-ignore: decorator
@inline
export function across(a: v128, b: v128): f32 {
  const pairs = f32x4.add(i32x4.shuffle(a, b, 0, 2, 4, 6), i32x4.shuffle(a, b, 1, 3, 5, 7))
  return (f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1)) +
    (f32x4.extract_lane(pairs, 2) + f32x4.extract_lane(pairs, 3))
}
