// Which cacher works on which architecture, in both styles of export, and why not on the others.
import { explain } from '@damson/core'
import { zooTest } from '@damson/zoo/vitest'
import { expect } from 'vitest'
import * as exported from '../src/index.ts'
import { denoiserOfModel, zooModel } from './denoising.ts'

const { adaptiveCache, autoCache, deepCache, fasterCache, firstBlock, fora, pab, periodicCache, taylorSeer, teaCache, textKv } = exported // prettier-ignore
const cachers = { adaptiveCache, autoCache, deepCache, fasterCache, firstBlock, fora, pab, periodicCache, taylorSeer, teaCache, textKv } // prettier-ignore

const onUnets = {
  firstBlock: /U-Net.*stand apart/,
  teaCache: /U-Net.*stand apart/,
}
const onTransformers = { deepCache: /no skip connections/ }
const refused: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = {
  'fixtures/sd15-tiny-ts': onUnets,
  'fixtures/sd15-tiny-dynamo': onUnets,
  'fixtures/sdxl-tiny': onUnets,
  'fixtures/sd3-tiny': onTransformers,
  'fixtures/flux-tiny': onTransformers,
}

for (const [path, reasons] of Object.entries(refused)) {
  zooTest(path, 'takes every cacher whose mechanism it has', async () => {
    const model = await zooModel(path)
    const part = denoiserOfModel(model)
    const alone = model.with({ parts: new Map([[part.name, part]]) })
    for (const [name, { algorithm }] of Object.entries(cachers)) {
      const [answer] = explain(alone, { algorithms: [algorithm] })
      const reason = reasons[name]
      if (reason) expect(answer?.refusal?.refused, name).toMatch(reason)
      else expect(answer?.accepts?.nodes, `${name}: ${answer?.refusal?.refused}`).toBeGreaterThan(0)
    }
  })
}
