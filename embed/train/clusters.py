"""Question clusters, written for this project: wordings of one question, and near misses that need another answer.

clusters/*.jsonl holds {"same": [...], "other": [...]}, a cluster a line and a domain a file: all of `same` deserve the
same answer, none of `other` does. dev/questions-*.jsonl has pairs of further clusters, from which nothing is learned.
"""

import itertools
import json
import pathlib

FOLDER = pathlib.Path(__file__).resolve().parent / "clusters"
OTHERS = 3  # wordings that each near miss is paired with


def read():
    """[(wordings, near misses)]"""
    rows = [json.loads(line) for path in sorted(FOLDER.glob("*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines()]
    return [(r["same"], r["other"]) for r in rows]


def pairs(rnd):
    """(a, b, target, weight, source), in random order."""
    out = []
    for same, other in read():
        out += [(a, b, 0.97, 1.0, "cluster") for a, b in itertools.combinations(same, 2)]
        for text in other:
            nearest = max(same, key=lambda s: overlap(s, text))
            others = rnd.sample([s for s in same if s != nearest], OTHERS - 1)
            out += [(s, text, 0.02, 1.0, "cluster") for s in [nearest, *others]]
    rnd.shuffle(out)
    return out


def groups():
    """{text: a number of its cluster}, near misses left out."""
    return {text: i for i, (same, _) in enumerate(read()) for text in same}


def overlap(a, b):
    """The words in common, as a share of all."""
    x, y = set(a.lower().split()), set(b.lower().split())
    return len(x & y) / max(1, len(x | y))
