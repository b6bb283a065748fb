// The models that come with the page: every folder beside the demo, file by file, as addresses of the build.

/** A model as the worker fetches it. */
export interface ServedModel {
  /** The folder: `emoji-unet`. */
  readonly name: string
  readonly label: string
  /** Scale of guidance that suits the model. */
  readonly guidance: number
  /** Address of each file, by its path in the folder. */
  readonly files: Readonly<Record<string, string>>
}

const addresses = import.meta.glob<string>('../../demo/models/*/**/*.{onnx,json,txt}', {
  query: '?url',
  import: 'default',
  eager: true,
})

/** What is known of a folder beyond its files; of others the name is shown. */
const known: Readonly<Record<string, { readonly label: string; readonly guidance: number }>> = {
  'emoji-unet': { label: 'Emoji U-Net', guidance: 4 },
  'emoji-transformer': { label: 'Emoji transformer', guidance: 3 },
}

const found = new Map<string, Record<string, string>>()
for (const [path, address] of Object.entries(addresses)) {
  const [name = '', ...rest] = path.replace('../../demo/models/', '').split('/')
  const files = found.get(name) ?? {}
  files[rest.join('/')] = new URL(address, location.href).href
  found.set(name, files)
}

/** The U-Net first: pictures of it are better. */
export const models: readonly ServedModel[] = [...found]
  .map(([name, files]) => ({ name, files, ...(known[name] ?? { label: name, guidance: 4 }) }))
  .sort((a, b) => order(a.name) - order(b.name))

function order(name: string): number {
  const at = Object.keys(known).indexOf(name)
  return at < 0 ? Infinity : at
}
