// Tensors as TensorProto messages. Small ones are written into the skeleton; big ones leave a mark, or an external
// location, and their bytes are put into the file later.
import { create } from '@bufbuild/protobuf'
import {
  SparseTensorProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation,
  TensorProtoSchema,
  type SparseTensorProto,
  type TensorProto,
} from 'onnx-buf'
import { dataTypes } from '../dtype.ts'
import type { SparseTensor } from '../ir.ts'
import type { Tensor } from '../tensor.ts'
import { mark, residentBytes } from './skeleton.ts'
import { encodeText } from './text-field.ts'

/** Where a tensor lies outside the model file. */
export interface ExternalPlace {
  readonly location: string
  readonly offset: number
}

/** Chooses where a tensor goes; undefined: into the model file. */
export type PlaceTensor = (tensor: Tensor) => ExternalPlace | undefined

export class TensorWriter {
  /** Tensors whose bytes are to be put into the model file, by the number in their mark. */
  readonly marked: Tensor[] = []
  readonly #place: PlaceTensor

  constructor(place: PlaceTensor) {
    this.#place = place
  }

  tensor(tensor: Tensor, rest: TensorProto | undefined): TensorProto {
    const proto = create(TensorProtoSchema, {
      dims: tensor.shape.map(BigInt),
      dataType: dataTypes[tensor.dtype].code,
      ...(rest && { metadataProps: rest.metadataProps }),
    })
    if (rest && rest.name !== '') proto.name = rest.name
    if (rest && rest.docString !== '') proto.docString = rest.docString
    if (rest?.$unknown) proto.$unknown = [...rest.$unknown]
    this.#fill(proto, tensor)
    return proto
  }

  sparse(sparse: SparseTensor, rest: SparseTensorProto | undefined, name?: string): SparseTensorProto {
    const values = this.tensor(sparse.values, rest?.values)
    if (name !== undefined) values.name = name
    const proto = create(SparseTensorProtoSchema, {
      values,
      indices: this.tensor(sparse.indices, rest?.indices),
      dims: sparse.shape.map(BigInt),
    })
    if (rest?.$unknown) proto.$unknown = rest.$unknown
    return proto
  }

  #fill(proto: TensorProto, tensor: Tensor): void {
    if (tensor.dtype === 'string') {
      proto.stringData = (tensor.rawStrings ?? tensor.strings ?? []).map(encodeText)
      return
    }
    const place = this.#place(tensor)
    if (place) {
      const entries = {
        location: place.location,
        offset: String(place.offset),
        length: String(tensor.byteLength),
      }
      proto.externalData = Object.entries(entries).map(([key, value]) =>
        create(StringStringEntryProtoSchema, { key, value }),
      )
      proto.dataLocation = TensorProto_DataLocation.EXTERNAL
    } else if (tensor.data && tensor.byteLength <= residentBytes) {
      proto.rawData = new Uint8Array(tensor.data)
    } else if (tensor.byteLength > 0) {
      this.marked.push(tensor)
      proto.$unknown = [...(proto.$unknown ?? []), mark(this.marked.length - 1)]
    } else {
      proto.rawData = new Uint8Array(0)
    }
  }
}
