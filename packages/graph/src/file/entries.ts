// Key-value pairs and operator sets, which the format holds as lists of messages.
import { create } from '@bufbuild/protobuf'
import {
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  type OperatorSetIdProto,
  type StringStringEntryProto,
} from 'onnx-buf'
import { invalidModel } from './wire.ts'

/** Undefined for an empty list, so that values without metadata have no such field. */
export function decodeEntries(
  entries: readonly StringStringEntryProto[],
): ReadonlyMap<string, string> | undefined {
  return entries.length === 0 ? undefined : new Map(entries.map(({ key, value }) => [key, value]))
}

export function encodeEntries(entries: ReadonlyMap<string, string> | undefined): StringStringEntryProto[] {
  return [...(entries ?? [])].map(([key, value]) => create(StringStringEntryProtoSchema, { key, value }))
}

/** `''` and `ai.onnx` are two spellings of one domain. */
export function normalDomain(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain
}

/** Throws `invalid-model` for versions that no number holds. */
export function decodeOpsets(
  opsets: readonly OperatorSetIdProto[],
  file: string,
): ReadonlyMap<string, number> {
  return new Map(
    opsets.map(({ domain, version }) => [
      normalDomain(domain),
      decodeVersion(version, `opset "${domain}"`, file),
    ]),
  )
}

/** A version as a number. Throws `invalid-model` for one that no number holds. */
export function decodeVersion(version: bigint, of: string, file: string): number {
  if (Number.isSafeInteger(Number(version))) return Number(version)
  throw invalidModel(file, undefined, `a version of ${of} below 2^53`, String(version))
}

export function encodeOpsets(opsets: ReadonlyMap<string, number>): OperatorSetIdProto[] {
  return [...opsets].map(([domain, version]) =>
    create(OperatorSetIdProtoSchema, { domain, version: BigInt(version) }),
  )
}
