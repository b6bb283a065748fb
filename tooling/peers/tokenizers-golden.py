"""Golden ids of the tokenizers of @damson/pipelines: what the Rust tokenizers give.

  python -m venv v && v/bin/pip install tokenizers==0.23.3
  v/bin/python tooling/peers/tokenizers-golden.py apps/demo/models/emoji-unet/tokenizer/tokenizer.json packages/pipelines/test/golden

Writes tokenizers.json: ids of awkward texts by the CLIP byte pairs of the emoji models, and by a small unigram tokenizer in the shape of
T5's (pieces with scores, metaspace, end token), whose definition is written too.
"""

import json
import sys
from pathlib import Path

import tokenizers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

TEXTS = [
    "", "pizza", "A Photo of a CAT", "an  emoji\tof panda's face, 42!", "crème brûlée", "hello—world…", "don't you'll we've I'm", "123abc456",
    "smiling face with sunglasses " * 4, "日本語 text", "naïve café №5", "🍮 pudding", "a\nb",
]
PIECES = [
    ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0), ("▁a", -3.0), ("▁the", -3.5), ("▁cat", -5.0), ("▁pi", -6.0), ("zza", -6.0), ("▁photo", -6.5),
    ("s", -3.1), ("▁of", -3.6), ("ing", -4.0), ("▁sm", -6.1), ("il", -5.0), ("▁face", -6.0), ("▁with", -4.5), ("▁sun", -6.0), ("glass", -6.3), ("es", -4.1),
    *[(letter, -7.0 - i * 0.01) for i, letter in enumerate("abcdefghijklmnopqrstuvwxyz0123456789'!,é")],
]

unigram = Tokenizer(models.Unigram(PIECES, unk_id=2, byte_fallback=False))
unigram.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase(), normalizers.Replace(tokenizers.Regex(" {2,}"), " ")])
unigram.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
unigram.post_processor = processors.TemplateProcessing(single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)])
clip = Tokenizer.from_file(sys.argv[1])
data = dict(
    made=f"tokenizers {tokenizers.__version__}, tooling/peers/tokenizers-golden.py",
    clip=[dict(text=text, ids=clip.encode(text).ids) for text in TEXTS],
    unigram=[dict(text=text, ids=unigram.encode(text).ids) for text in TEXTS],
    definition=json.loads(unigram.to_str()),
)
Path(sys.argv[2], "tokenizers.json").write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n")
