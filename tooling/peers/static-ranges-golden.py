"""Golden ranges of @damson/quantizers' staticInt8: what ONNX Runtime's calibrators make of the values of a small graph.

  python -m venv v && v/bin/pip install onnx==1.23.2 onnxruntime==1.31.1 sympy==1.14.0
  v/bin/python tooling/peers/static-ranges-golden.py packages/quantizers/test/golden/static-ranges.json

Samples are whole numbers over 256, so that every value is exact. The entropy calibrator gets 2048 bins: with its default of
128 bins and 128 codes it has one candidate, which is the whole range.
"""

import json
import logging
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod
from onnxruntime.quantization.calibrate import create_calibrator

TEXT = """<ir_version: 8, opset_import: ["" : 17]>
g (float[1,n] x) => (float[1,n] y) { r = Relu(x)  q = Mul(x, r)  y = Sub(q, x) }"""
METHODS = {
    "minmax": (CalibrationMethod.MinMax, {}),
    "percentile": (CalibrationMethod.Percentile, {"num_bins": 2048, "percentile": 99.999}),
    "entropy": (CalibrationMethod.Entropy, {"num_bins": 2048, "num_quantized_bins": 128}),
}


class Reader(CalibrationDataReader):
    def __init__(self, samples):
        self.left = iter(samples)

    def get_next(self):
        return next(self.left, None)


def main(path):
    logging.disable(logging.WARNING)
    random = np.random.default_rng(7)
    samples = [np.clip(np.round(random.standard_t(4, 700) * 200), -4000, 4000).astype(np.int32) for _ in range(3)]
    feeds = [{"x": (each / 256).astype(np.float32)[None]} for each in samples]
    ranges = {}
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "g.onnx"
        onnx.save(onnx.parser.parse_model(TEXT), model)
        for name, (method, options) in METHODS.items():
            calibrator = create_calibrator(model, None, f"{folder}/a.onnx", method, extra_options=options)
            calibrator.collect_data(Reader(feeds))
            data = calibrator.compute_data()
            ranges[name] = {value: [float(np.asarray(each).reshape(-1)[0]) for each in data[value].range_value] for value in ("r", "q", "y")}
    Path(path).write_text(json.dumps({"samples": [each.tolist() for each in samples], "ranges": ranges}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
