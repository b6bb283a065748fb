"""ONNX Runtime's quantize_static on the models and calibration samples of `pnpm --filter @damson/bench static`.

  python -m venv v && v/bin/pip install onnx==1.23.2 onnxruntime==1.31.1 sympy==1.14.0
  v/bin/python tooling/peers/quantize-static.py <folder that the benchmark wrote> [set …]

Writes tool-*.onnx beside each model. Activations are uint8, for which CPUs have kernels; int8 weights keep to 7 bits
(reduce_range), as its documentation asks for on x86 without VNNI, uint8 weights need not. A variant that the tool fails at,
or that does not load, is left out and said.
"""

import json
import logging
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import version_converter
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

S8 = {"weight_type": QuantType.QInt8, "reduce_range": True}
PRODUCTS = {"op_types_to_quantize": ["Conv", "MatMul", "Gemm"]}
VARIANTS = {
    "minmax-tensor-s8": {**S8},
    "minmax-tensor-u8": {"weight_type": QuantType.QUInt8},
    "minmax-channel-s8": {**S8, "per_channel": True},
    "percentile-channel-s8": {**S8, "per_channel": True, "calibrate_method": CalibrationMethod.Percentile},
    "products-tensor-u8": {"weight_type": QuantType.QUInt8, **PRODUCTS},
    "products-channel-s8": {**S8, "per_channel": True, **PRODUCTS},
}
TYPES = {"float32": np.float32, "int32": np.int32, "int64": np.int64}


class Reader(CalibrationDataReader):
    def __init__(self, folder):
        rows = json.loads((folder / "feeds.json").read_text())
        self.rows = [{each["name"]: self.array(folder, each) for each in row} for row in rows]
        self.left = iter(self.rows)

    @staticmethod
    def array(folder, each):
        return np.fromfile(folder / each["file"], TYPES[each["dtype"]]).reshape(each["shape"])

    def get_next(self):
        return next(self.left, None)


def prepared(folder):
    """As its documentation asks: at opset 13, preprocessed where the tool can."""
    model = onnx.load(folder / "model.onnx")
    if next(each.version for each in model.opset_import if each.domain == "") < 13:
        try:
            model = version_converter.convert_version(model, 13)
        except Exception as error:
            print(folder.name, "opset 13:", str(error)[:100])
    initializers = {each.name for each in model.graph.initializer}
    for each in [each for each in model.graph.input if each.name in initializers]:
        model.graph.input.remove(each)
    path = folder / "prepared.onnx"
    onnx.save(model, path)
    try:
        quant_pre_process(str(path), str(path), skip_symbolic_shape=True)
    except Exception as error:
        print(folder.name, "preprocessing:", str(error)[:100])
    return path


def main(folder, names):
    logging.disable(logging.WARNING)
    for each in sorted(each for each in folder.iterdir() if (each / "model.onnx").exists() and (not names or each.name in names)):
        source = prepared(each)
        for name, options in VARIANTS.items():
            target = each / f"tool-{name}.onnx"
            try:
                quantize_static(str(source), str(target), Reader(each / "calibration"), activation_type=QuantType.QUInt8, **options)
                onnxruntime.InferenceSession(str(target))
                print(each.name, name, target.stat().st_size, flush=True)
            except Exception as error:
                target.unlink(missing_ok=True)
                print(each.name, name, "failed:", type(error).__name__, str(error)[:120], flush=True)


main(Path(sys.argv[1]), sys.argv[2:])
