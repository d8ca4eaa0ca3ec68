"""Gathers the scores that the program wrote, as calibrate.py reads them.

    askonce eval --json --config floor.yaml --scores NAME.scores FILE      # for each set; floor.yaml: {cache: {floor: 0.02}}
    python gather.py --calibration calibration.json --out scores.jsonl.gz *.scores

The constants are those of the program that wrote the scores: they are taken out of its probabilities again. A pair that a
guard refused has no logit.
"""

import argparse
import gzip
import json
import math
import pathlib

NEAR = 1e-9  # of 0 and 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--calibration", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    args = parser.parse_args()
    constants = json.loads(pathlib.Path(args.calibration).read_text(encoding="utf-8"))
    with gzip.open(args.out, "wt", encoding="utf-8") as out:
        for path in args.files:
            for line in path.read_text(encoding="utf-8").splitlines():
                r = json.loads(line)
                if r["score"] is not None or r["guards"]:
                    out.write(json.dumps({"set": path.stem, "label": r["label"], "cosine": r["cosine"],
                                          "logit": logit(r, constants)}) + "\n")


def logit(row, constants):
    if row["guards"]:
        return None
    p = min(max(row["score"], NEAR), 1 - NEAR)
    return (math.log(p / (1 - p)) - constants["c0"] - constants["c2"] * row["cosine"]) / constants["c1"]


if __name__ == "__main__":
    main()
