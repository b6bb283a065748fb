// A benchmark by its name (pnpm bench pairs), or those of speed one after the other (pnpm bench).
const [name] = process.argv.splice(2, 1)
for (const each of name === undefined ? ['numerics', 'quantize-big'] : [name]) await import(`./${each}.ts`)

export {}
