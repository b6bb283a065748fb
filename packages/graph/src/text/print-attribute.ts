// Attributes as ONNX text. The type is written only where a reader could not tell it from the value.
import type { Attribute } from '../ir.ts'
import { floatText } from './cells.ts'
import { sparseText, sparseTypeText, tensorText } from './print-tensor.ts'
import { typeText } from './print-type.ts'
import type { Printing } from './printing.ts'
import { attributeWords, bareOrQuoted, nameText, quote } from './words.ts'

/** `<a = 1, b: ints = []>`; nothing without attributes. */
export function attributesText(attributes: ReadonlyMap<string, Attribute>, printing: Printing): string {
  if (attributes.size === 0) return ''
  return `<${[...attributes].map(([name, each]) => attributeText(name, each, printing)).join(', ')}>`
}

/** `name = value`, with the type behind the name where it is needed. */
export function attributeText(name: string, attribute: Attribute, printing: Printing): string {
  const of = attribute.type === 'reference' ? attribute.of : attribute.type
  const typed = needsType(attribute) ? `: ${attributeWords[of]}` : ''
  return `${bareOrQuoted(name)}${typed} = ${valueText(attribute, printing)}`
}

// The official parser cannot tell a list of tensors, types or graphs by its values, and no list without values.
function needsType({ type, value }: Attribute): boolean {
  if (type === 'reference' || type === 'graph') return true
  return Array.isArray(value) && (value.length === 0 || !['floats', 'ints', 'strings'].includes(type))
}

function valueText(attribute: Attribute, printing: Printing): string {
  switch (attribute.type) {
    case 'float':
      return floatLiteral(attribute.value)
    case 'floats':
      return listText(attribute.value.map(floatLiteral))
    case 'int':
      return String(attribute.value)
    case 'ints':
      return listText(attribute.value.map(String))
    case 'string':
      return stringText(attribute.value)
    case 'strings':
      return listText(attribute.value.map(stringText))
    case 'tensor':
      return tensorText(attribute.value, printing.tensors)
    case 'tensors':
      return listText(attribute.value.map(each => tensorText(each, printing.tensors)))
    case 'sparse-tensor':
      return `${sparseTypeText(attribute.value)} ${sparseText(attribute.value, printing.tensors)}`
    case 'sparse-tensors':
      return listText(
        attribute.value.map(each => `${sparseTypeText(each)} ${sparseText(each, printing.tensors)}`),
      )
    case 'graph':
      return printing.body(attribute.value, printing)
    case 'graphs':
      return listText(attribute.value.map(each => printing.body(each, printing)))
    case 'type':
      return typeText(attribute.value)
    case 'types':
      return listText(attribute.value.map(typeText))
    case 'reference':
      return `@${nameText(attribute.value)}`
  }
}

function listText(items: readonly string[]): string {
  return `[${items.join(', ')}]`
}

/** A float that no reader takes for an int: with a point, an exponent or letters. */
function floatLiteral(value: number): string {
  const text = floatText(value)
  return /^-?\d+$/.test(text) ? `${text}.0` : text
}

function stringText(value: string | Uint8Array): string {
  if (typeof value === 'string') return quote(value)
  return `0x"${Array.from(value, byte => byte.toString(16).padStart(2, '0')).join('')}"`
}
