// A draft seen as a body, so that values bound by rules answer for the graph as it is now, between edits.
import type { Draft } from '../draft.ts'
import { Body, type Node, type Use, type ValueType } from '../ir.ts'
import type { Tensor } from '../tensor.ts'

/** A body whose answers come from a draft. Its `nodes` are those of the start; all look-ups are current. */
export class LiveBody extends Body {
  readonly #draft: Draft

  constructor(start: Body, draft: Draft) {
    super({ ...start.fields(), initializers: draft.initializers })
    this.#draft = draft
  }

  override producer(name: string): Node | undefined {
    return this.#draft.producer(name)
  }
  override users(name: string): readonly Use[] {
    return this.#draft.users(name)
  }
  override isInput(name: string): boolean {
    return this.#draft.inputs.some(input => input.name === name)
  }
  override isOutput(name: string): boolean {
    return this.#draft.isOutput(name)
  }
  override tensor(name: string): Tensor | undefined {
    return this.#draft.tensor(name)
  }
  override typeOf(name: string): ValueType | undefined {
    return this.#draft.typeOf(name)
  }
}
