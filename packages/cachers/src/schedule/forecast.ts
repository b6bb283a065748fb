// Forecasts from what was computed before, as weights over it: a forecast that is linear in features need not see them.
// Source: TaylorSeer (Liu 2025). Derivatives at the last full step are finite differences between full steps,
//   F⁽ⁱ⁾(x₀) ≈ (F⁽ⁱ⁻¹⁾(x₀) − F⁽ⁱ⁻¹⁾(x₁)) / (x₀ − x₁)          and          F(x) ≈ Σᵢ F⁽ⁱ⁾(x₀)·(x − x₀)ⁱ / i!

/**
 * Weights of results at `known`, the last first, in the forecast at `x`. Order 0 repeats the last. Cachers count x in steps:
 * on schedules with uneven times (Karras) that was better than the time by 1 to 6 dB, on even ones it is the same.
 */
export function forecastWeights(x: number, known: readonly number[], order: number): readonly number[] {
  // Heun calls twice a step: a result of a step that a later one has too says nothing of how things change.
  const places = known.flatMap((each, at) => (known.indexOf(each) === at ? [at] : []))
  const xs = places.map(at => known[at] ?? 0)
  const unit = (at: number): readonly number[] => known.map((_, other) => (other === places[at] ? 1 : 0))
  let row = xs.map((_, at) => unit(at))
  const weights = known.map((_, at): number => (at === 0 ? 1 : 0))
  const distance = x - (xs[0] ?? 0)
  let factor = 1
  for (let i = 1; i <= Math.min(order, xs.length - 1); i++) {
    row = row.slice(1).map((older, at) => {
      const newer = row[at] ?? []
      return older.map((weight, k) => ((newer[k] ?? 0) - weight) / ((xs[at] ?? 0) - (xs[at + 1] ?? 0)))
    })
    factor *= distance / i
    row[0]?.forEach((weight, k) => (weights[k] = (weights[k] ?? 0) + factor * weight))
  }
  return weights
}
