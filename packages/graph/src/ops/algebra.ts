// What the schemas do not say about operators. Source: the operator documents of ONNX (onnx/docs/Operators.md): the
// formula of each is symmetric in its inputs; broadcasting ones say "supports multidirectional (Numpy-style) broadcasting".

const commutative: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'Add', 'Mul', 'Sum', 'Mean', 'Max', 'Min', 'And', 'Or', 'Xor', 'Equal', 'BitwiseAnd', 'BitwiseOr', 'BitwiseXor',
]) // prettier-ignore

const broadcasting: ReadonlySet<string> = /* @__PURE__ */ new Set([
  ...commutative, 'Sub', 'Div', 'Pow', 'Mod', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'Where', 'BitShift',
]) // prettier-ignore

/** True when the inputs may be swapped without any change of the outputs. */
export function isCommutative(domain: string, op: string): boolean {
  return domain === '' && commutative.has(op)
}

/** True for element-wise operators whose inputs broadcast to a common shape, which is the output's. */
export function isBroadcasting(domain: string, op: string): boolean {
  return domain === '' && broadcasting.has(op)
}
