"""Makes verifier.bin and its golden from a checkpoint of the training.

    python verifier.py --checkpoint FOLDER

The folder holds checkpoint.npz (the trained arrays by name), calibration.json
(c0, c1, c2) and reference.json (pairs and their logits in float32). The words
are those of ../weights.bin, to which the file is bound.

The layout is that of layout.py, with the magic "askonce-verify\\0\\0" and the
words version, head width, hidden size, layers, inner size, positions. The
payload is: the SHA-256 of the payload of weights.bin, c0, c1 and c2 (float64),
the position table and the two token types (float32), the embedding layer norm,
the layers, and the head: its dense layer in five matrices of 384 inputs each,
filled up with zeros to 288 columns, and the weights and the bias of its output
(float32).
"""

import argparse
import gzip
import hashlib
import json
import pathlib
import struct

import numpy as np

import layout

MAGIC = b"askonce-verify\0\0"
VERSION = 2
HIDDEN, LAYERS, INNER, POSITIONS, WIDTH, PARTS = 384, 6, 1536, 512, 256, 5
TARGET = pathlib.Path(__file__).resolve().parent.parent


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--checkpoint", required=True, type=pathlib.Path, help="the folder that the training left")
    parser.add_argument("--target", default=TARGET, type=pathlib.Path, help="the folder of weights.bin")
    args = parser.parse_args()
    weights = dict(np.load(args.checkpoint / "checkpoint.npz", allow_pickle=False))
    calibration = json.loads((args.checkpoint / "calibration.json").read_text())
    words = (args.target / "weights.bin").read_bytes()[48:80]
    (args.target / "verifier.bin").write_bytes(build(weights, calibration, words))
    reference = json.loads((args.checkpoint / "reference.json").read_text())
    golden = json.dumps(reference, ensure_ascii=False, separators=(",", ":")).encode()
    (args.target / "testdata" / "pairs.json.gz").write_bytes(gzip.compress(golden, 9, mtime=0))


def build(weights, calibration, words):
    payload = b"".join(layout.padded(section) for section in sections(weights, calibration, words))
    header = struct.pack("<16s6IQ32s", MAGIC, VERSION, WIDTH, HIDDEN, LAYERS, INNER, POSITIONS,
                         len(payload), hashlib.sha256(payload).digest())
    return header.ljust(128, b"\0") + payload


def sections(w, calibration, words):
    yield words
    yield struct.pack("<3d", *(calibration[name] for name in ("c0", "c1", "c2")))
    yield w["t.pos.weight"][:POSITIONS].astype("<f4").tobytes()
    yield w["t.typ.weight"].astype("<f4").tobytes()
    yield layout.norm(w, "t.ln")
    for index in range(LAYERS):
        yield from layer(w, f"t.L.{index}.")
    yield from head(w)


def layer(w, prefix):
    def matrix(name):
        return layout.panels(w[prefix + name + ".weight"], w[prefix + name + ".bias"])

    yield matrix("qkv")
    yield matrix("o")
    yield layout.norm(w, prefix + "ln1")
    yield matrix("f1")
    yield matrix("f2")
    yield layout.norm(w, prefix + "ln2")


def head(w):
    rows = -WIDTH % layout.PANEL
    dense = np.pad(w["h.a.weight"], ((0, rows), (0, 0)))
    bias = np.pad(w["h.a.bias"], (0, rows))
    for part in np.split(dense, PARTS, axis=1):
        yield layout.panels(part, bias)
        bias = np.zeros_like(bias)
    yield np.hstack([w["h.b.weight"][0], w["h.b.bias"]]).astype("<f4").tobytes()


if __name__ == "__main__":
    main()
