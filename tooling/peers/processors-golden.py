"""Golden values of the processors of @damson/pipelines: pictures and sound as transformers prepares them.

  python -m venv v && v/bin/pip install transformers==5.23.0 pillow==12.3.0 numpy==2.4.6
  v/bin/python tooling/peers/processors-golden.py packages/pipelines/test/golden

Writes processors.json: a small picture resized by Pillow with each filter, prepared by image processors of transformers, and frames of
the log-mel spectrogram of a made-up sound by Whisper's feature extractor. Picture and sound come from a linear congruential generator,
which the test has too.
"""

import json
import sys
from pathlib import Path

import numpy as np
import PIL
import transformers
from PIL import Image
from transformers import WhisperFeatureExtractor

FILTERS = dict(nearest=0, lanczos=1, bilinear=2, bicubic=3, box=4, hamming=5)
WIDTH, HEIGHT = 13, 9


def numbers(count):
    state, out = 1, []
    for _ in range(count):
        state = (1664525 * state + 1013904223) % 2**32
        out.append(state >> 8)
    return np.array(out, dtype=np.int64)


picture = Image.fromarray((numbers(WIDTH * HEIGHT * 3) % 256).astype(np.uint8).reshape(HEIGHT, WIDTH, 3))
resized = [
    dict(filter=name, width=w, height=h, data=np.asarray(picture.resize((w, h), number)).flatten().tolist())
    for name, number in FILTERS.items()
    for w, h in [(5, 4), (20, 7), (13, 12)]
]

rounded = lambda array: [round(float(x), 6) for x in np.asarray(array).flatten()]
CONFIGS = [
    ("ViTImageProcessor", dict(size=dict(height=6, width=8), image_mean=[0.5, 0.4, 0.3], image_std=[0.2, 0.3, 0.4], resample=2)),
    ("CLIPImageProcessor", dict(size=dict(shortest_edge=6), crop_size=dict(height=5, width=5), resample=3)),
    ("CLIPImageProcessor", dict(size=dict(shortest_edge=6), crop_size=dict(height=8, width=8), resample=3, do_normalize=False)),
    ("ConvNextImageProcessor", dict(size=dict(shortest_edge=7), crop_pct=0.875, resample=3)),
]
prepared = []
for name, config in CONFIGS:
    cls = getattr(transformers, name + "Pil", None) or getattr(transformers, name)
    processor = cls(**config)
    said = {k: v for k, v in processor.to_dict().items() if k.startswith(("do_", "image_", "size", "crop", "resample", "rescale")) and v is not None}
    pixels = processor(picture, return_tensors="np")["pixel_values"]
    prepared.append(dict(name=cls.__name__, config=said, shape=list(pixels.shape), data=rounded(pixels)))

RATE, SECONDS = 16000, 2
noise = numbers(RATE * SECONDS) / 2**24 - 0.5
time = np.arange(RATE * SECONDS) / RATE
sound = (0.3 * np.sin(2 * np.pi * (200 + 900 * time) * time) + 0.05 * noise).astype(np.float32)
features = WhisperFeatureExtractor(feature_size=80)(sound, sampling_rate=RATE, return_tensors="np")["input_features"][0]
FRAMES = [0, 1, 2, 17, 50, 99, 120, 150, 177, 197, 198, 199, 200, 201, 202, 203, 1000, 2998, 2999]
mel = dict(
    shape=list(features.shape),
    frames=[dict(frame=i, data=rounded(features[:, i])) for i in FRAMES],
    sums=rounded(features.astype(np.float64).sum(axis=1)),
)
made = f"transformers {transformers.__version__}, Pillow {PIL.__version__}, numpy {np.__version__}, tooling/peers/processors-golden.py"
Path(sys.argv[1], "processors.json").write_text(json.dumps(dict(made=made, resized=resized, prepared=prepared, mel=mel), separators=(",", ":")) + "\n")
