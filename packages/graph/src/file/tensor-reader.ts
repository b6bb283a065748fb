// TensorProto messages as tensors: raw bytes, typed fields, payloads left in the file, external data.
import { TensorProto_DataLocation, type SparseTensorProto, type TensorProto } from 'onnx-buf'
import { byteLengthOf, dataTypeOfCode, elementCount, type DataType } from '../dtype.ts'
import type { SparseTensor } from '../ir.ts'
import type { Source } from '../storage.ts'
import type { Tensor } from '../tensor.ts'
import { memoryTensor, stringTensor } from '../tensors/memory-tensor.ts'
import { SourceTensor } from '../tensors/source-tensor.ts'
import { externalRegion, type ExternalFiles } from './external-data.ts'
import { marksOf, residentBytes, tensorFields, type Payload } from './skeleton.ts'
import { isRawForm, rawOfElements, typedFieldOf } from './typed-fields.ts'
import { rawOfVarints, varintTensor, wrongElements } from './varint-list.ts'
import { decodeText } from './text-field.ts'
import { invalidModel } from './wire.ts'

interface Form {
  readonly dtype: DataType
  readonly shape: readonly number[]
  readonly byteLength: number
}

/** Where the payloads of one model file are: all in memory, or in a source. */
export interface PayloadHome {
  readonly file: string
  readonly payloads: readonly Payload[]
  readonly bytes?: Uint8Array
  readonly source?: Source
}

export class TensorReader {
  readonly #home: PayloadHome
  readonly #external: ExternalFiles
  /** Small tensors of external files: to be made resident before the graph is handed out. */
  readonly small: SourceTensor[] = []

  constructor(home: PayloadHome, external: ExternalFiles) {
    this.#home = home
    this.#external = external
  }

  get file(): string {
    return this.#home.file
  }

  /** Throws `invalid-model` when type, shape and bytes do not fit each other. */
  tensor(proto: TensorProto): Tensor {
    const form = this.#form(proto)
    if (form.dtype === 'string') return this.#strings(proto, form)
    if (proto.dataLocation === TensorProto_DataLocation.EXTERNAL) return this.#externalTensor(proto, form)
    const { indices } = marksOf(proto)
    const [first] = indices
    if (first !== undefined) return this.#payload(proto, form, indices, first)
    if (Object.hasOwn(proto, 'rawData')) return this.#resident(proto, form, proto.rawData)
    const values = this.#elements(proto, form.dtype)
    const bytes = rawOfElements(form.dtype, values, form.byteLength)
    return this.#resident(proto, form, bytes, `${values.length} elements`)
  }

  sparse(proto: SparseTensorProto): SparseTensor {
    const { values, indices } = proto
    if (!values || !indices)
      throw invalidModel(this.file, undefined, 'a sparse tensor with values and indices', 'one without')
    return {
      shape: this.#shape(proto.dims, values.name),
      values: this.tensor(values),
      indices: this.tensor(indices),
    }
  }

  #form(proto: TensorProto): Form {
    const dtype = dataTypeOfCode(proto.dataType)
    if (!dtype) throw this.#error(proto, 'a known element type', `data_type ${proto.dataType}`)
    if (proto.segment) throw this.#error(proto, 'a whole tensor', 'a segment of one')
    const shape = this.#shape(proto.dims, proto.name)
    return { dtype, shape, byteLength: byteLengthOf(dtype, shape) }
  }

  #shape(dims: readonly bigint[], name: string): readonly number[] {
    const shape = dims.map(Number)
    // Zero dims aside, so that the product of the others is bounded too; 16 bytes is the widest element.
    const extent = elementCount(shape.filter(dim => dim !== 0)) * 16
    if (shape.some(dim => dim < 0) || extent > Number.MAX_SAFE_INTEGER)
      throw invalidModel(
        this.file,
        undefined,
        `dims of tensor "${name}" whose bytes can be counted`,
        `[${shape.join(', ')}]`,
      )
    return shape
  }

  #strings(proto: TensorProto, { shape }: Form): Tensor {
    if (proto.stringData.length !== elementCount(shape))
      throw this.#error(proto, `${elementCount(shape)} strings`, `${proto.stringData.length}`)
    const texts = proto.stringData.map(decodeText)
    const strings = texts.map(text => (typeof text === 'string' ? text : new TextDecoder().decode(text)))
    return texts.every(text => typeof text === 'string')
      ? stringTensor(shape, strings)
      : stringTensor(shape, strings, proto.stringData)
  }

  #resident(proto: TensorProto, form: Form, bytes?: Uint8Array, came = `${bytes?.length} bytes`): Tensor {
    if (bytes?.length !== form.byteLength) throw this.#misfit(proto, form, came)
    return memoryTensor(form.dtype, form.shape, bytes)
  }

  #elements(proto: TensorProto, dtype: DataType): readonly number[] | readonly bigint[] {
    switch (typedFieldOf(dtype)) {
      case tensorFields.float:
        return proto.floatData
      case tensorFields.double:
        return proto.doubleData
      case tensorFields.int64:
        return proto.int64Data
      case tensorFields.uint64:
        return proto.uint64Data
      default:
        return proto.int32Data
    }
  }

  #payload(proto: TensorProto, form: Form, indices: readonly number[], first: number): Tensor {
    const { payloads, bytes, source } = this.#home
    const { field, offset, length } = payloads[first] ?? { field: 0, offset: 0, length: 0 }
    const fits = field === tensorFields.raw || field === typedFieldOf(form.dtype)
    const alone =
      indices.length === 1 &&
      !Object.hasOwn(proto, 'rawData') &&
      this.#elements(proto, form.dtype).length === 0
    if (!fits || !alone)
      throw this.#error(proto, 'its elements in one field', 'several or foreign fields of elements')
    if (isRawForm(field)) {
      if (length !== form.byteLength) throw this.#misfit(proto, form, `${length} bytes`)
      if (bytes) return memoryTensor(form.dtype, form.shape, bytes.subarray(offset, offset + length))
      if (source) return new SourceTensor(form.dtype, form.shape, source, offset)
    }
    // A varint has at least one byte, so a hostile shape cannot claim more memory than eight times the list.
    if (form.byteLength > length * 8) throw this.#misfit(proto, form, `${length} bytes of varints`)
    const lazy = source && varintTensor({ source, offset, length }, form.dtype, form.shape)
    if (lazy) return lazy
    const raw = bytes && rawOfVarints(form.dtype, bytes.subarray(offset, offset + length))
    if (raw?.length !== form.byteLength) throw wrongElements(this.file, form.dtype, form.shape)
    return memoryTensor(form.dtype, form.shape, raw)
  }

  #externalTensor(proto: TensorProto, form: Form): Tensor {
    const { source, offset } = externalRegion(proto, form.byteLength, this.#external, this.file)
    const tensor = new SourceTensor(form.dtype, form.shape, source, offset)
    if (form.byteLength <= residentBytes && source.size > 0) this.small.push(tensor)
    return tensor
  }

  #misfit(proto: TensorProto, { dtype, shape, byteLength }: Form, came: string): Error {
    return this.#error(proto, `${byteLength} bytes for ${dtype}[${shape.join(',')}]`, came)
  }

  #error(proto: TensorProto, expected: string, came: string): Error {
    return invalidModel(this.file, undefined, `${expected} in tensor "${proto.name}"`, came)
  }
}
