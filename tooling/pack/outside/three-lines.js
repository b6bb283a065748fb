import { weightOnly, load, save, smash } from '@damson/quantizers'

await save(await smash(await load('model.onnx'), [weightOnly({ bits: 4 })]), 'out.onnx')
