"""Golden data of @damson/numerics: what ONNX Runtime, ONNX and ml_dtypes give on small awkward inputs.

  python -m venv v && v/bin/pip install onnx==1.23.2 onnxruntime==1.31.1 ml_dtypes==0.6.0 onnx-ir==1.1.0
  v/bin/python tooling/peers/numerics-golden.py packages/numerics/test/golden

Writes blocks.json (MatMulNBits), gather.json (GatherBlockQuantized), search.json (k-quant, HQQ), book.json (NF4, FP4), linear.json
(quantize_dynamic), floats.json (narrow floats). Arrays are base64 of little-endian bytes. Run on x86_64: that build does not contract a*b+c.
"""

import base64
import json
import sys
from pathlib import Path

import ml_dtypes
import numpy as np
import onnx
from onnx.numpy_helper import saturate_cast, to_float8e8m0
from onnxruntime.capi._pybind_state import quantize_matmul_2bits, quantize_matmul_4bits, quantize_matmul_8bits, quantize_matmul_bnb4
from onnxruntime.quantization.matmul_nbits_quantizer import DefaultWeightOnlyQuantizer
from onnxruntime.quantization.neural_compressor.weight_only import quant_tensor_k_quant_cpu
from onnxruntime.quantization.quant_utils import quantize_data

T = onnx.TensorProto
NBITS = {2: quantize_matmul_2bits, 4: quantize_matmul_4bits, 8: quantize_matmul_8bits}


def b64(a):
    return base64.b64encode(np.ascontiguousarray(a).tobytes()).decode()


def awkward(rng, rows, width):
    """Rows of `width` numbers [rows, width]: each kind of trouble along a row, which is what is coded together."""
    w = (rng.standard_normal((rows, width)) * 0.02).astype(np.float32)
    kinds = [
        lambda r: np.zeros_like(r),
        lambda r: -np.zeros_like(r),
        lambda r: np.where(np.arange(len(r)) % 2 == 0, np.float32(-0.0), np.float32(0.0)),
        lambda r: np.abs(r),
        lambda r: -np.abs(r),
        lambda r: np.round(r * 400) / np.float32(8),  # many exact ties
        lambda r: r * np.float32(1e-38),
        lambda r: r * np.float32(1e-43),
        lambda r: r * np.float32(1e37),
        lambda r: np.full_like(r, 0.7),
        lambda r: np.full_like(r, -0.7),
        lambda r: (np.arange(len(r)) % 16 - 8).astype(np.float32) * np.float32(0.5),
        lambda r: np.where(np.arange(len(r)) == len(r) - 1, np.float32(1), r),
    ]
    for i in range(2, rows):
        w[i] = kinds[(i - 2) % len(kinds)](w[i]).astype(np.float32)
    # Scale 1 in 4 bits: exact halves, and the number whose sum with 0.5 rounds up to 1.
    w[1] = np.resize(np.float32([15, 0.49999997, 0.5, 1.5, 2.4999998, 2.5, 14.5, 0]), width)
    return w


def nbits(w, bits, block, symmetric):
    """What DefaultWeightOnlyQuantizer.qbits_block_quant does with W [K, N]."""
    k, n = w.shape
    per_byte, blocks = 8 // bits, -(-k // block)
    padded = np.pad(w, ((0, blocks * block - k), (0, 0)))
    packed = np.zeros((n, blocks, block // per_byte), np.uint8)
    scales = np.zeros((n, blocks), w.dtype)
    zeros = np.zeros((n, -(-blocks // per_byte)), np.uint8)
    NBITS[bits](packed, padded, scales, zeros, block, n, k, symmetric)
    return packed, scales, zeros


def blocks():
    rng = np.random.default_rng(1)
    inputs, cases = {}, []
    shapes = [(128, 15, (32, 128)), (100, 15, (32, 128)), (49, 15, (16,)), (35, 9, (16, 32)), (17, 5, (16,)), (320, 4, (32, 64))]
    for k, n, sizes in shapes:
        w = np.ascontiguousarray(awkward(rng, n, k).T)
        name = f"{k}x{n}"
        inputs[name] = {"K": k, "N": n, "data": b64(w)}
        for block in sizes:
            for bits in (2, 4, 8):
                for symmetric in (True, False):
                    p, s, z = nbits(w, bits, block, symmetric)
                    cases.append({"input": name, "bits": bits, "blockSize": block, "symmetric": symmetric,
                                  "packed": b64(p), "scales": b64(s), **({} if symmetric else {"zeroPoints": b64(z)})})
    w = np.ascontiguousarray(awkward(rng, 15, 96).T).astype(np.float16)
    w[:, 10] = 0.25  # too great for float16 at 1e37
    inputs["half"] = {"K": 96, "N": 15, "dtype": "float16", "data": b64(w)}
    for bits in (4, 8):
        for symmetric in (True, False):
            p, s, z = nbits(w, bits, 32, symmetric)
            cases.append({"input": "half", "bits": bits, "blockSize": 32, "symmetric": symmetric, "packed": b64(p),
                          "scales": b64(s.astype(np.float32)), **({} if symmetric else {"zeroPoints": b64(z)})})
    return {"inputs": inputs, "cases": cases}


def gather():
    rng = np.random.default_rng(2)
    inputs, cases = {}, []
    for rows, k, sizes in [(15, 128, (32, 128)), (15, 96, (32,)), (16, 40, (16,)), (15, 100, (64,))]:
        w = awkward(rng, rows, k)
        w[4] = 0  # zeros of both signs in one block: numpy leaves open which of them its min is
        name = f"{rows}x{k}"
        inputs[name] = {"rows": rows, "K": k, "data": b64(w)}
        for block in sizes:
            for symmetric in (True, False):
                with np.errstate(all="ignore"):
                    q, s, z = DefaultWeightOnlyQuantizer.quantize_ndarray(w, 1, block, symmetric)
                cases.append({"input": name, "blockSize": block, "symmetric": symmetric, "data": b64(q), "scales": b64(s),
                              **({} if symmetric else {"zeroPoints": b64(z)})})
    return {"inputs": inputs, "cases": cases}


def hqq(w, bits, iterations=20, p=0.7):
    """A numpy twin of ONNX Runtime's HQQWeightOnlyQuantizer (which needs torch) for one block at a time: its early stop looks at
    the mean error of all that it is given. Rows [blocks, size] give codes, scales and zero points, float32 throughout."""
    top, codes, scales, zeros = 2**bits - 1, [], [], []
    for x in w:
        factor = np.float32(top) / (x.max() - x.min())
        zero, beta, best = np.round(-x.min() * factor), 10.0, np.inf
        for _ in range(iterations):
            q = np.clip(np.round(x * factor + zero), 0, top)
            e = x - (q - zero) / factor
            shrunk = np.sign(e) * np.maximum(0, np.abs(e) - np.float32(1 / beta) * (np.abs(e) + np.float32(1e-8)) ** np.float32(p - 1))
            zero = np.mean(q - (x - shrunk) * factor, dtype=np.float32)
            beta *= 1.01
            if not np.abs(e).mean() < best:
                break
            best = np.abs(e).mean()
        codes.append(np.clip(np.round(x * factor + zero), 0, top))
        scales.append(1 / factor)
        zeros.append(zero)
    return np.uint8(codes), np.float32(scales), np.float32(zeros)


def search():
    """Rows [N, K] of what trained weights look like: normal, heavy-tailed, skewed, with outliers, small and large."""
    rng = np.random.default_rng(5)
    n, k = 12, 256
    w = rng.standard_normal((n, k)) * 0.02
    w[1] = rng.standard_t(3, k) * 0.05
    w[2] = rng.laplace(0.01, 0.1, k)
    w[3][::50] = 1.5
    w[4] *= 1e-6
    w[5] *= 300
    w[6] = rng.standard_t(2, k)
    w[7] = np.round(w[7] * 200) / 64
    w[8] = np.where(rng.random(k) < 0.7, 0, w[8])
    w[9] = rng.standard_normal(k) * 5
    w = w.astype(np.float32)
    cases = []
    for block in (16, 32, 128, 256):
        blocks = w.reshape(-1, block)
        for bits in (2, 4, 8):
            with np.errstate(all="ignore"):
                q, s, z = quant_tensor_k_quant_cpu(blocks, bits, block)
            cases.append({"kind": "kquant", "bits": bits, "blockSize": block, "codes": b64(q.astype(np.uint8)),
                          "scales": b64(s.astype(np.float32)), "zeroPoints": b64(z.astype(np.float32))})
            q, s, z = hqq(blocks, bits)
            cases.append({"kind": "hqq", "bits": bits, "blockSize": block, "codes": b64(q), "scales": b64(s), "zeroPoints": b64(z)})
    return {"N": n, "K": k, "data": b64(w), "cases": cases}


def book():
    """What MatMulBnb4Quantizer.bnb4_block_quant does with W [N, K]: blocks run through rows of an awkward length too."""
    rng = np.random.default_rng(6)
    cases = []
    for n, k in ((15, 128), (7, 49)):
        w = awkward(rng, n, k)
        w[5] = np.linspace(-1, 1, k, dtype=np.float32)
        for block in (16, 64, 128):
            for quant_type, name in enumerate(("fp4", "nf4")):
                packed = np.zeros((n * k + 1) // 2, np.uint8)
                absmax = np.zeros(-(-n * k // block), np.float32)
                quantize_matmul_bnb4(packed, w.copy(), absmax, block, quant_type, n, k)
                cases.append({"book": name, "blockSize": block, "data": b64(w), "packed": b64(packed), "absmax": b64(absmax)})
    return cases


def linear():
    rng = np.random.default_rng(3)
    inputs, cases = {}, []
    w = awkward(rng, 15, 40)
    inputs["rows"] = {"shape": [15, 40], "data": b64(w)}
    for name, a in [("mixed", w[:2].ravel()), ("positive", np.abs(w[0])), ("negative", -np.abs(w[1])), ("zeros", np.zeros(5, np.float32)),
                    ("one", np.float32([3.5])), ("tiny", w[8]), ("huge", w[10]), ("ties", np.float32([-127, -63.5, -0.5, 0.5, 1.5, 2.5, 127]))]:
        inputs[name] = {"shape": [a.size], "data": b64(a)}
    for name, value in inputs.items():
        a = np.frombuffer(base64.b64decode(value["data"]), np.float32).reshape(value["shape"])
        for dtype, onnx_type in (("int8", T.INT8), ("uint8", T.UINT8)):
            for symmetric in (True, False):
                for reduce_range in (False, True):
                    axes = [None] if a.ndim == 1 else [None, 0, 1]
                    for axis in axes:
                        slices = [a.ravel()] if axis is None else [a.take(i, axis) for i in range(a.shape[axis])]
                        z, s, q = zip(*(quantize_data(x, onnx_type, symmetric, reduce_range) for x in slices))
                        codes = q[0].reshape(a.shape) if axis is None else np.stack(q, axis)
                        cases.append({"input": name, "type": dtype, "symmetric": symmetric, "reduceRange": reduce_range, "axis": axis,
                                      "codes": b64(codes), "scales": b64(np.array(s, np.float32)), "zeroPoints": [int(v) for v in z]})
    return {"inputs": inputs, "cases": cases}


def probes(values):
    """Every value, every midpoint between neighbours, and their neighbours in float32."""
    v = np.unique(values[np.isfinite(values)].astype(np.float32))
    mid = ((v[:-1].astype(np.float64) + v[1:]) / 2).astype(np.float32)
    edge = np.float32([v[-1] * 1.01, v[-1] * 1.0625, v[-1] * 1.125, v[-1] * 2, 3e38, np.inf, np.nan])
    x = np.concatenate([v, mid, edge, -edge, np.float32([0.0, -0.0, 1e-45, -1e-45, 1e-39])])
    with np.errstate(all="ignore"):
        return np.unique(np.concatenate([x, np.nextafter(x, np.float32(np.inf)), np.nextafter(x, np.float32(-np.inf))]).view(np.uint32)).view(np.float32)


def floats():
    rng = np.random.default_rng(4)
    out = {}
    eight = {"float8e4m3fn": ml_dtypes.float8_e4m3fn, "float8e4m3fnuz": ml_dtypes.float8_e4m3fnuz,
             "float8e5m2": ml_dtypes.float8_e5m2, "float8e5m2fnuz": ml_dtypes.float8_e5m2fnuz}
    with np.errstate(all="ignore"):
        for name, dtype in eight.items():
            decoded = np.arange(256, dtype=np.uint8).view(dtype).astype(np.float32)
            x = probes(decoded)
            out[name] = {"decoded": b64(decoded), "input": b64(x), "saturated": b64(saturate_cast(x, dtype)), "unsaturated": b64(x.astype(dtype))}
        x = np.float32([0, -0.0, 1e-45, 5.9e-39, 1, 1.25, 1.5, 1.75, 2, 3, 3.5, 0.75, -3, 1.7e38, 2.6e38, 3.4e38, np.inf, -np.inf, np.nan])
        decoded = np.arange(256, dtype=np.uint8).view(ml_dtypes.float8_e8m0fnu).astype(np.float32)
        modes = {f"{mode}{'' if sat else 'Unsaturated'}": b64(to_float8e8m0(x, sat, mode)) for mode in ("up", "down", "nearest") for sat in (True, False)}
        out["float8e8m0"] = {"decoded": b64(decoded), "input": b64(x), **modes}
        decoded = np.arange(16, dtype=np.uint8).view(ml_dtypes.float4_e2m1fn).astype(np.float32)
        x = probes(decoded)
        x = x[~np.isnan(x)]
        out["float4e2m1"] = {"decoded": b64(decoded), "input": b64(x), "encoded": b64(x.astype(ml_dtypes.float4_e2m1fn).view(np.uint8))}
        for name, dtype in {"float16": np.float16, "bfloat16": ml_dtypes.bfloat16}.items():
            some = rng.integers(0, 1 << 16, 150, dtype=np.uint16)
            near = np.concatenate([some, some ^ 1, np.uint16([0, 0x8000, 1, 0x3FF, 0x400, 0x7BFF, 0x7C00, 0x7F7F, 0x7F80])]).view(dtype)
            x = probes(near.astype(np.float32))
            x = x[~np.isnan(x)]
            out[name] = {"codes": b64(near[~np.isnan(near)]), "decoded": b64(near[~np.isnan(near)].astype(np.float32)), "input": b64(x), "encoded": b64(x.astype(dtype))}
    return out


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for make in (blocks, gather, search, book, linear, floats):
        (folder / f"{make.__name__}.json").write_text(json.dumps(make(), separators=(",", ":")) + "\n")
