"""Node counts after OnnxSlim, model by model: golden data for `simplify`.

Usage: python slim-counts.py ZOO > slim-counts.json
Needs onnx 1.23, onnxslim 0.1.98. Counted are nodes of all graphs and nested bodies but Constant.
"""

import json
import pathlib
import sys

import onnx
import onnxslim


def count(graph):
    nodes, foreign = 0, 0
    for node in graph.node:
        for attribute in node.attribute:
            bodies = [attribute.g] if attribute.HasField("g") else list(attribute.graphs)
            for body in bodies:
                inner = count(body)
                nodes += inner[0]
                foreign += inner[1]
        if node.op_type == "Constant":
            continue
        nodes += 1
        if node.domain not in ("", "ai.onnx"):
            foreign += 1
    return nodes, foreign


def measured(path):
    model = onnx.load(path)
    before, _ = count(model.graph)
    try:
        slimmed = onnxslim.slim(path)
        after, foreign = count(slimmed.graph)
        return {"before": before, "after": after, "foreign": foreign}
    except Exception as error:  # a model that the tool cannot take is an answer too
        return {"before": before, "failed": f"{type(error).__name__}: {error}"[:200]}


def main(zoo):
    root = pathlib.Path(zoo)
    found = sorted(path for folder in ("models", "fixtures", "emoji") for path in (root / folder).rglob("*.onnx"))
    print(json.dumps({path.relative_to(root).as_posix(): measured(str(path)) for path in found}, indent=2))


if __name__ == "__main__":
    main(sys.argv[1])
