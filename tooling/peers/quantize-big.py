"""4-bit quantization of a large model with ONNX Runtime's own quantizer, as its documentation does it.

pip install onnxruntime==1.31.1 onnx==1.23.2 onnx_ir
Usage: python quantize-big.py model.onnx out.onnx [kquant]
"""
import sys

import onnx
from onnxruntime.quantization import matmul_nbits_quantizer as nbits

model = onnx.load(sys.argv[1])
if sys.argv[3:] == ["kquant"]:
    config = nbits.KQuantWeightOnlyQuantConfig()
    quantizer = nbits.MatMulNBitsQuantizer(model, block_size=32, is_symmetric=False, accuracy_level=4, algo_config=config)
else:
    config = nbits.DefaultWeightOnlyQuantConfig(block_size=32, is_symmetric=True, accuracy_level=4)
    quantizer = nbits.MatMulNBitsQuantizer(model, algo_config=config)
quantizer.process()
quantizer.model.save_model_to_file(sys.argv[2], use_external_data_format=True)
