// Distilled models (LCM) take the strength of guidance as an embedding beside the timestep (Meng et al. 2023, arXiv 2210.03142).

/** Sines and cosines of 1000·w at falling frequencies [width]. */
export function guidanceEmbedding(w: number, width: number): readonly number[] {
  const half = Math.floor(width / 2)
  const angles = Array.from(
    { length: half },
    (_, i) => 1000 * w * Math.exp((-Math.log(10000) * i) / (half - 1)),
  )
  const embedding = [...angles.map(Math.sin), ...angles.map(Math.cos)]
  return width % 2 === 1 ? [...embedding, 0] : embedding
}
