"""Golden data of @damson/quantizers: what ONNX Runtime's own quantizers make of real models.

  python -m venv v && v/bin/pip install onnx==1.23.2 onnxruntime==1.31.1 onnx-ir==1.1.0 sympy==1.14.0
  node --conditions=@damson/source --import tsx packages/quantizers/test/write-feeds.ts feeds      (with DAMSON_ZOO)
  v/bin/python tooling/peers/quantizers-golden.py $DAMSON_ZOO feeds packages/quantizers/test/golden

Writes blocks.json and int8.json (hashes of codes, scales and zero points, weight by weight) and quality.json (SQNR in dB of
quantize_dynamic on the feeds). The quality variants are those whose products are exact on any x86 processor: uint8 weights,
and int8 weights of reduced range; int8 weights of full range saturate where there is no VNNI.
"""

import hashlib
import json
import logging
import sys
import tempfile
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


def dynamic(path, weight, per_channel, reduce_range, ops=None):
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "model.onnx"
        quantize_dynamic(path, target, op_types_to_quantize=ops, per_channel=per_channel, reduce_range=reduce_range,
                         weight_type=QuantType.QInt8 if weight == "int8" else QuantType.QUInt8)
        return onnx.load(target)


def int8(root):
    out = {}
    for path in HASHED:
        found = {}
        for weight in ("int8", "uint8"):
            for per in ("channel", "tensor"):
                for reduce_range in (False, True):
                    model = dynamic(root / path, weight, per == "channel", reduce_range, ["MatMul", "Gather"])
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


def feeds_of(folder, path):
    at = folder / path.replace("/", "_")
    feeds = {}
    for i, each in enumerate(json.loads((at / "feeds.json").read_text())):
        feeds[each["name"]] = np.fromfile(at / f"{i}.bin", TYPES[each["dtype"]]).reshape(each["shape"])
    return feeds


def run(model, feeds):
    options = ort.SessionOptions()
    options.log_severity_level = 4
    session = ort.InferenceSession(model if isinstance(model, str) else model.SerializeToString(), options)
    return session.run(None, feeds)


def sqnr(got, want):
    worst = np.inf
    for z, y in zip(got, want):
        if y.dtype.kind != "f":
            continue
        keep = np.isfinite(y)
        signal, noise = (y[keep].astype(np.float64) ** 2).sum(), ((y - z)[keep].astype(np.float64) ** 2).sum()
        worst = min(worst, np.inf if noise == 0 else 10 * np.log10(signal / noise))
    return round(float(worst), 2)


def quality(root, folder):
    out = {}
    for path in sorted(p.name for p in folder.iterdir()):
        name = next(each for each in (str(f.relative_to(root)) for f in root.rglob("*.onnx")) if each.replace("/", "_") == path)
        feeds = feeds_of(folder, name)
        want = run(str(root / name), feeds)
        out[name] = {}
        for weight, per, reduced in (("uint8", "channel", False), ("uint8", "tensor", False), ("int8", "channel", True)):
            try:
                got = run(dynamic(root / name, weight, per == "channel", reduced), feeds)
                out[name][f"{weight}/{per}/{'reduced' if reduced else 'full'}"] = sqnr(got, want)
            except Exception as error:  # what the tool cannot do is golden too
                out[name][f"{weight}/{per}/{'reduced' if reduced else 'full'}"] = str(error).strip().splitlines()[0][:160]
    return out


def write(path, value):
    text = json.dumps({"from": f"onnxruntime {ort.__version__}, onnx {onnx.__version__}; tooling/peers/quantizers-golden.py", **value}, indent=1)
    path.write_text(text + "\n")


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    zoo, fed, target = (Path(each) for each in sys.argv[1:4])
    write(target / "int8.json", int8(zoo))
    write(target / "quality.json", quality(zoo, fed))
    write(target / "blocks.json", blocks(zoo))
