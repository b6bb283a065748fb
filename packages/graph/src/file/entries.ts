// Key-value pairs and operator sets, which the format holds as lists of messages.
import { create } from '@bufbuild/protobuf'
import {
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  type OperatorSetIdProto,
  type StringStringEntryProto,
} from 'onnx-buf'

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

export function decodeOpsets(opsets: readonly OperatorSetIdProto[]): ReadonlyMap<string, number> {
  return new Map(opsets.map(({ domain, version }) => [normalDomain(domain), Number(version)]))
}

export function encodeOpsets(opsets: ReadonlyMap<string, number>): OperatorSetIdProto[] {
  return [...opsets].map(([domain, version]) =>
    create(OperatorSetIdProtoSchema, { domain, version: BigInt(version) }),
  )
}
