"""ONNX Runtime's quantize_dynamic on the models of `pnpm --filter @damson/bench dynamic`.

  python -m venv v && v/bin/pip install onnx==1.23.2 onnxruntime==1.31.1 sympy==1.14.0
  v/bin/python tooling/peers/quantize-dynamic.py <folder that the benchmark wrote>

Writes tool.onnx (its defaults: int8 weights, a scale for each) and tool-u8.onnx (uint8 by channel) beside each model. What the
tool fails at is said and left out.
"""

import logging
import sys
from pathlib import Path

from onnxruntime.quantization import QuantType, quantize_dynamic

logging.disable(logging.WARNING)
for model in sorted(Path(sys.argv[1]).glob("*/model.onnx")):
    for name, options in {"tool": {}, "tool-u8": {"weight_type": QuantType.QUInt8, "per_channel": True}}.items():
        try:
            quantize_dynamic(model, model.with_name(f"{name}.onnx"), **options)
        except Exception as error:  # noqa: BLE001
            print(model.parent.name, name, str(error)[:120])
