"""Quantization of a large model with ONNX Runtime's own tools, as their documentation does it; and OnnxSlim.

pip install onnxruntime==1.31.1 onnx==1.23.2 onnx_ir onnxslim==0.1.98
Usage: python quantize-big.py model.onnx out.onnx [rtn | kquant | int8 | fp16 | slim]
"""
import sys

source, target, how = (sys.argv[1:] + ["rtn"])[:3]


def four_bits() -> None:
    import onnx
    from onnxruntime.quantization import matmul_nbits_quantizer as nbits

    model = onnx.load(source)
    if how == "kquant":
        config = nbits.KQuantWeightOnlyQuantConfig()
        quantizer = nbits.MatMulNBitsQuantizer(
            model, block_size=32, is_symmetric=False, accuracy_level=4, algo_config=config
        )
    else:
        config = nbits.DefaultWeightOnlyQuantConfig(block_size=32, is_symmetric=True, accuracy_level=4)
        quantizer = nbits.MatMulNBitsQuantizer(model, algo_config=config)
    quantizer.process()
    quantizer.model.save_model_to_file(target, use_external_data_format=True)


def int8() -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(source, target, per_channel=True, weight_type=QuantType.QInt8, use_external_data_format=True)


def fp16() -> None:
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16

    model = convert_float_to_float16(onnx.load(source), keep_io_types=True)
    onnx.save_model(model, target, save_as_external_data=True, location="model.onnx.data")


def slim() -> None:
    import onnxslim

    onnxslim.slim(source, target)


{"rtn": four_bits, "kquant": four_bits, "int8": int8, "fp16": fp16, "slim": slim}[how]()
