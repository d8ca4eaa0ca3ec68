"""The binary file: quantised weights in the order and layout the kernels read.

Everything is little-endian and every section starts at a multiple of 64 bytes
from the start of the file. The header is 128 bytes:

    magic "askonce-minilm\\0\\0", u32 version, u32 vocabulary size, u32 hidden
    size, u32 layers, u32 inner size, u32 positions, u64 length of the payload,
    32 bytes SHA-256 of the payload, zeros

The payload is: the vocabulary (offsets, text, hash slots), the classes of the
code points, the word table (a scale and 384 int8 a row), the position table (float32, token type 0 added),
the embedding layer norm, and per layer: Q, K and V as one matrix of 1152
columns, the attention's output matrix, layer norm, the two matrices of the
feed-forward part, layer norm.

A matrix is cut into panels of 48 output columns. A panel holds, for each group
of four consecutive inputs, the four int8 weights of each column in turn, and
then for its 48 columns: the sums of the weights (int32), the scales and the
biases (float32).
"""

import hashlib
import struct

import numpy as np

import classes

MAGIC = b"askonce-minilm\0\0"
VERSION = 1
PANEL = 48
SLOTS = 1 << 16


def build(source):
    payload = b"".join(padded(section) for section in sections(source))
    vocab, hidden = source.weights["embeddings.word_embeddings.weight"].shape
    header = struct.pack("<16s6IQ32s", MAGIC, VERSION, vocab, hidden, 6, 1536,
                         source.max_tokens, len(payload), hashlib.sha256(payload).digest())
    return header.ljust(128, b"\0") + payload


def padded(section):
    return section + b"\0" * (-len(section) % 64)


def sections(source):
    yield from vocabulary(source.vocab)
    yield classes.table(source)
    w = source.weights
    rows, scales = quantise_rows(w["embeddings.word_embeddings.weight"])
    yield scales.tobytes()
    yield rows.tobytes()
    positions = w["embeddings.position_embeddings.weight"][:source.max_tokens]
    yield (positions + w["embeddings.token_type_embeddings.weight"][0]).astype("<f4").tobytes()
    yield norm(w, "embeddings.LayerNorm")
    for index in range(6):
        yield from layer(source.layer(index))


def layer(w):
    inputs = ["attention.self." + n for n in ("query", "key", "value")]
    yield panels(np.vstack([w[n + ".weight"] for n in inputs]), np.hstack([w[n + ".bias"] for n in inputs]))
    yield panels(w["attention.output.dense.weight"], w["attention.output.dense.bias"])
    yield norm(w, "attention.output.LayerNorm")
    yield panels(w["intermediate.dense.weight"], w["intermediate.dense.bias"])
    yield panels(w["output.dense.weight"], w["output.dense.bias"])
    yield norm(w, "output.LayerNorm")


def norm(w, name):
    return np.hstack([w[name + ".weight"], w[name + ".bias"]]).astype("<f4").tobytes()


def quantise_rows(matrix):
    """Symmetric int8 in [-127, 127], one scale a row."""
    scales = (np.abs(matrix).max(1) / 127).astype("<f4")
    rows = np.round(matrix / np.maximum(scales, 1e-30)[:, None]).clip(-127, 127).astype("i1")
    return rows, scales


def panels(matrix, bias):
    """A [columns, inputs] matrix as panels; see the top of the file."""
    rows, scales = quantise_rows(matrix)
    out = []
    for at in range(0, len(rows), PANEL):
        part = rows[at:at + PANEL]
        groups = part.reshape(PANEL, -1, 4).transpose(1, 0, 2)
        out += [groups.tobytes(), part.sum(1, dtype="<i4").tobytes(),
                scales[at:at + PANEL].tobytes(), bias[at:at + PANEL].astype("<f4").tobytes()]
    return b"".join(out)


def vocabulary(tokens):
    """Offsets (u32), the tokens' bytes, and a hash table of id + 1 (u16).

    The hash is 32-bit FNV-1a folded to 16 bits, collisions go to the next slot.
    """
    raw = [t.encode() for t in tokens]
    yield np.cumsum([0] + [len(t) for t in raw]).astype("<u4").tobytes()
    yield b"".join(raw)
    slots = np.zeros(SLOTS, "<u2")
    for index, token in enumerate(raw):
        slot = fold(fnv1a(token))
        while slots[slot]:
            slot = (slot + 1) % SLOTS
        slots[slot] = index + 1
    yield slots.tobytes()


def fnv1a(data):
    h = 0x811C9DC5
    for byte in data:
        h = (h ^ byte) * 0x01000193 & 0xFFFFFFFF
    return h


def fold(h):
    return (h >> 16 ^ h) & 0xFFFF
