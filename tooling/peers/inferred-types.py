"""Golden data for type and shape inference: what ONNX's own inference says of every value of every zoo model.

Usage (throw-away environment):
    pip install onnx==1.23.2
    python tooling/peers/inferred-types.py <zoo> packages/graph/test/golden/inferred-types.json

<zoo> is a folder in the zoo's layout (models, fixtures, emoji). For each file the values are listed by position: node
outputs in file order, the bodies nested in a node right after its own outputs, absent outputs left out. `types` holds the
distinct types as "dtype[dims]" (`?` where ONNX knows no size, no brackets where it knows no rank), `values` an index into
it for each value. Inference runs with data propagation and not strictly, on a model without value_info of its own, so that
nothing is compared with what the file merely claims.
"""
import json
import pathlib
import sys

import onnx
from onnx import TensorProto, shape_inference

NAMES = {
    'FLOAT': 'float32', 'DOUBLE': 'float64', 'FLOAT16': 'float16', 'BFLOAT16': 'bfloat16', 'STRING': 'string', 'BOOL': 'bool',
}


def strip(graph):
    del graph.value_info[:]
    for node in graph.node:
        for attribute in node.attribute:
            for inner in ([attribute.g] if attribute.HasField('g') else []) + list(attribute.graphs):
                strip(inner)


def text_of(kind):
    if not kind.HasField('tensor_type'):
        return kind.WhichOneof('value') or 'unknown'
    tensor = kind.tensor_type
    name = TensorProto.DataType.Name(tensor.elem_type)
    dtype = NAMES.get(name, name.lower())
    if not tensor.HasField('shape'):
        return dtype
    dims = [str(dim.dim_value) if dim.HasField('dim_value') else '?' for dim in tensor.shape.dim]
    return f'{dtype}[{",".join(dims)}]'


def values_of(graph, into):
    known = {info.name: info.type for info in [*graph.output, *graph.value_info]}
    for node in graph.node:
        into.extend(text_of(known[name]) if name in known else 'unknown' for name in node.output if name)
        for attribute in node.attribute:
            for inner in ([attribute.g] if attribute.HasField('g') else []) + list(attribute.graphs):
                values_of(inner, into)


def main(zoo, out):
    models = {}
    for path in sorted(pathlib.Path(zoo).rglob('*.onnx')):
        model = onnx.load(path, load_external_data=False)
        strip(model.graph)
        inferred = shape_inference.infer_shapes(model, strict_mode=False, data_prop=True)
        texts = []
        values_of(inferred.graph, texts)
        types = sorted(set(texts))
        index = {text: at for at, text in enumerate(types)}
        models[str(path.relative_to(zoo))] = {'types': types, 'values': [index[text] for text in texts]}
    lines = [f'{json.dumps(name)}:{json.dumps(entry, separators=(",", ":"))}' for name, entry in models.items()]
    head = json.dumps(f'onnx {onnx.__version__}, tooling/peers/inferred-types.py')
    pathlib.Path(out).write_text('{"from":' + head + ',"models":{\n' + ',\n'.join(lines) + '\n}}\n')


if __name__ == '__main__':
    main(*sys.argv[1:])
