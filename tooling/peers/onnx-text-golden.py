"""Golden data for ONNX text: what the official parser and printer of onnx 1.23 make of our test cases and our texts.

    python -m venv venv && venv/bin/pip install onnx==1.23.2
    venv/bin/python tooling/peers/onnx-text-golden.py packages/graph/test/golden/text

Reads cases.txt (texts without header, separated by lines of dashes) and ours.txt (the same, as damson prints them, written
by `vitest -u`), writes official.json: for each case the serialized model of the official parser, the text of the official
printer, and whether the official parser makes an equal model of our text.
"""

import base64
import json
import pathlib
import sys

import onnx
import onnx.parser
import onnx.printer

HEADER = '<ir_version: 10, opset_import: ["": 21, "com.microsoft": 1, "d": 1]>\n'


def parse(text: str) -> onnx.ModelProto:
    return onnx.parser.parse_model(text)


def comparable(model: onnx.ModelProto) -> bytes:
    """Attribute order aside, equal models have equal bytes."""
    for node in (n for holder in [model.graph, *model.functions] for n in holder.node):
        attributes = sorted(node.attribute, key=lambda each: each.name)
        del node.attribute[:]
        node.attribute.extend(attributes)
    return model.SerializeToString(deterministic=True)


def main(folder: pathlib.Path) -> None:
    assert onnx.__version__.startswith("1.23."), onnx.__version__
    cases = (folder / "cases.txt").read_text().split("\n----\n")
    ours = (folder / "ours.txt").read_text().split("\n----\n")
    assert len(cases) == len(ours)
    rows = []
    for case, own in zip(cases, ours):
        model = parse(HEADER + case)
        rows.append({
            "name": model.graph.name,
            "model": base64.b64encode(model.SerializeToString(deterministic=True)).decode(),
            "printed": onnx.printer.to_text(model),
            "oursIsEqual": comparable(parse(own)) == comparable(parse(HEADER + case)),
            "ours": own,
        })
    print(onnx.__version__, [(row["name"], row["oursIsEqual"]) for row in rows])
    (folder / "official.json").write_text(json.dumps(rows, indent=1) + "\n")


main(pathlib.Path(sys.argv[1]))
