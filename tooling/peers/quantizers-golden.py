"""Golden data of @damson/quantizers: what ONNX Runtime's own quantizers make of real models.

  python -m venv v && v/bin/pip install onnx==1.23.2 onnxruntime==1.31.1 onnx-ir==1.1.0 sympy==1.14.0
  node --conditions=@damson/source --import tsx packages/quantizers/test/write-feeds.ts feeds      (with DAMSON_ZOO)
  v/bin/python tooling/peers/quantizers-golden.py $DAMSON_ZOO feeds packages/quantizers/test/golden

Writes blocks.json and int8.json (hashes of codes, scales and zero points, weight by weight) and quality.json: of each setting of
quantize_dynamic the SQNR in dB (mean over feeds), the bytes of the file and how many nodes of a kind hold codes, first at the
operators and nodes that the tool takes itself (`tool`), then at the very nodes that ours codes (`same`, by its setting `per`,
and `default`, by its defaults). All sessions ask for exact products: x86 without VNNI adds products of uint8 and int8 in saturating 16 bits,
`session.x64quantprecision` turns such weights into uint8 first, so the figures are those of any processor.
`... feeds target quality` writes the last file alone.
"""

import hashlib
import json
import logging
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

TYPES = {"float32": np.float32, "int64": np.int64, "int32": np.int32, "bool": np.bool_, "float16": np.float16, "uint8": np.uint8}
HASHED = ["models/use_lite.onnx", "models/stories260K.onnx", "emoji/emoji-unet/text_encoder/model.onnx", "emoji/emoji-unet/unet/model.onnx"]


def digest(arrays):
    whole = hashlib.sha256()
    for array in arrays:
        whole.update(np.ascontiguousarray(array).tobytes())
    return whole.hexdigest()[:16]


def blocks(root):
    out = {}
    for path in HASHED:
        found = {}
        for bits in (2, 4, 8):
            for block in (32, 128):
                for symmetric in (True, False):
                    model = onnx.load(root / path)
                    quantizer = MatMulNBitsQuantizer(model, bits=bits, block_size=block, is_symmetric=symmetric, accuracy_level=4, op_types_to_quantize=("MatMul",))
                    quantizer.process()
                    graph = quantizer.model.model.graph
                    arrays = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
                    hashes = {node.input[1].removesuffix(f"_Q{bits}"): digest(arrays[name] for name in node.input[1:4] if name)
                              for node in graph.node if node.op_type == "MatMulNBits"}
                    found[f"{bits}/{block}/{'symmetric' if symmetric else 'asymmetric'}"] = hashes
        out[path] = columns(found)
    return out


def columns(found):
    """Names once, then one row of hashes a variant."""
    names = sorted({name for hashes in found.values() for name in hashes})
    return {"weights": names, "hashes": {variant: [hashes.get(name) for name in names] for variant, hashes in found.items()}}


def dynamic(path, weight, per_channel, reduce_range, ops=None, nodes=None):
    """The quantized model and the bytes of its file."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "model.onnx"
        quantize_dynamic(path, target, op_types_to_quantize=ops, nodes_to_quantize=nodes, per_channel=per_channel,
                         reduce_range=reduce_range, weight_type=QuantType.QInt8 if weight == "int8" else QuantType.QUInt8)
        return onnx.load(target), target.stat().st_size


def int8(root):
    out = {}
    for path in HASHED:
        found = {}
        for weight in ("int8", "uint8"):
            for per in ("channel", "tensor"):
                for reduce_range in (False, True):
                    model, _ = dynamic(root / path, weight, per == "channel", reduce_range, ["MatMul", "Gather"])
                    arrays = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
                    hashes = {}
                    for name in arrays:
                        base = name.removesuffix("_quantized")
                        # Tables are coded as activations there, one scale each; we have one a column.
                        table = any(node.op_type == "Gather" and node.input[0] == name for node in model.graph.node)
                        if base != name and not (table and per == "channel"):
                            hashes[base] = digest(arrays[each] for each in (name, base + "_scale", base + "_zero_point"))
                    found[f"{weight}/{per}/{'reduced' if reduce_range else 'full'}"] = hashes
        out[path] = columns(found)
    return out


def run(model, all_feeds):
    options = ort.SessionOptions()
    options.log_severity_level = 4
    options.add_session_config_entry("session.x64quantprecision", "1")
    session = ort.InferenceSession(model if isinstance(model, str) else model.SerializeToString(), options)
    return [session.run(None, feeds) for feeds in all_feeds]


def sqnr(got, want):
    """Of the worst float output, the mean of all feeds' decibels: a sum of their noise is at times that of one feed."""
    outputs = [at for at, each in enumerate(want[0]) if each.dtype.kind == "f"]
    return round(min(float(np.mean([decibels(z[at], y[at]) for z, y in zip(got, want)])) for at in outputs), 2)


def decibels(z, y):
    keep = np.isfinite(y)
    signal, noise = (y[keep].astype(np.float64) ** 2).sum(), ((y - z)[keep].astype(np.float64) ** 2).sum()
    return 10 * np.log10(signal / noise) if noise > 0 else 200


def coded(model):
    kinds = {"MatMulInteger": 0, "ConvInteger": 0, "DynamicQuantizeLSTM": 0, "Gather": 0}
    arrays = {each.name: each.data_type for each in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type in kinds and (node.op_type != "Gather" or arrays.get(node.input[0]) == onnx.TensorProto.UINT8):
            kinds[node.op_type] += 1
    return {kind: count for kind, count in kinds.items() if count}


def chosen(path, outputs, folder):
    """A copy in which the nodes of these outputs can be chosen by name, and the names; a Gemm's product has its own."""
    model = onnx.load(path)
    often = Counter(node.name for node in model.graph.node)
    names = []
    for node in model.graph.node:
        if node.output[0] in outputs:
            if node.name == "" or often[node.name] > 1:
                node.name = node.output[0]
            names += [node.name, node.name + "_MatMul"]
    target = Path(folder) / "named.onnx"
    onnx.save(model, target)
    return target, names


def measured(path, feeds, want, setting, outputs=None):
    weight, per, reach = setting
    with tempfile.TemporaryDirectory() as folder:
        given = {}
        if outputs is not None:
            path, names = chosen(path, outputs, folder)
            given = {"ops": ["MatMul", "Conv", "Gather"], "nodes": names}
        model, size = dynamic(path, weight, per == "channel", reach == "reduced", **given)
    return {"dB": sqnr(run(model, feeds), want), "bytes": size, **coded(model)}


def quality(root, folder):
    settings = [(w, per, reach) for w in ("int8", "uint8") for per in ("channel", "tensor") for reach in ("full", "reduced")]
    out = {}
    for at in sorted(folder.iterdir()):
        given = json.loads((at / "feeds.json").read_text())
        path = given["path"]
        feeds = [{each["name"]: np.fromfile(at / each["file"], TYPES[each["dtype"]]).reshape(each["shape"]) for each in feed}
                 for feed in given["feeds"]]
        want = run(str(root / path), feeds)
        nodes = given["nodes"]
        found = {"tool": {}, "same": {}, "default": {}}
        for setting in settings:
            found["tool"]["/".join(setting)] = measured(root / path, feeds, want, setting)
            found["same"]["/".join(setting)] = measured(root / path, feeds, want, setting, nodes[setting[1]])
            if nodes["default"]:
                found["default"]["/".join(setting)] = measured(root / path, feeds, want, setting, nodes["default"])
        out[path] = found
    return out


def write(path, value):
    text = json.dumps({"from": f"onnxruntime {ort.__version__}, onnx {onnx.__version__}; tooling/peers/quantizers-golden.py", **value}, indent=1)
    # A measurement a line.
    path.write_text(re.sub(r'\{\s*"dB"[^{}]*\}', lambda match: " ".join(match[0].split()), text) + "\n")


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    zoo, fed, target = (Path(each) for each in sys.argv[1:4])
    if "quality" not in sys.argv:
        write(target / "int8.json", int8(zoo))
        write(target / "blocks.json", blocks(zoo))
    write(target / "quality.json", quality(zoo, fed))
