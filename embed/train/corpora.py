"""Reads the labelled pairs and texts, and says which may be learned from.

Weights that ship are learned from three kinds of text only: files whose licence lets a model learned from them ship
("licence"); texts that the base model was itself trained on, as its card says ("base"); and what this folder makes
itself. Everything else, and every row marked dev, is for evaluation.
"""

import gzip
import json
import pathlib

# file: (why it may be learned from, the target for label 1, for label 0, weight, rows taken at most)
# The targets are soft where people labelled in haste. None: only rows of the other label are used.
PAIRS = {
    "qqp_train": ("base", 0.90, 0.06, 1.0, None),
    "qqp_more": ("base", 0.90, 0.06, 1.0, None),
    "paws_qqp_train": ("base", 0.94, 0.03, 1.0, None),
    "disfl_qa": ("licence", 0.94, 0.03, 0.6, 5000),
    "spider_syn": ("licence", 0.95, 0.04, 0.7, 7000),
    "text2sql_advising": ("licence", 0.95, 0.03, 0.8, 6000),
    "rqe": ("licence", 0.95, 0.02, 1.0, None),
    "gptcache_mock": ("licence", 0.95, 0.03, 0.8, None),
    "breaking_nli": ("licence", 0.90, 0.02, 0.7, 4000),
    "cad_nli": ("licence", None, 0.02, 0.6, 4000),
    "negation_nli": ("licence", None, 0.03, 0.6, 2000),
    "snli_part": ("base", None, 0.02, 0.5, 3000),
}
# In these an entailed sentence says less than the other, so label 1 does not mean "the same".
ENTAILMENT = {"cad_nli", "negation_nli", "snli_part"}
TEXTS = {
    "text_nq": "licence", "text_wellformedness": "licence", "text_stackexchange": "base", "text_msmarco": "base",
    "text_trivia": "base", "text_squad": "base", "utt_polyai_spans": "licence",
    "utt_wikisql": "licence", "text_self_instruct": "licence", "text_prompts_chat": "licence",
}


def read(folder, name):
    """The rows of one file."""
    with gzip.open(pathlib.Path(folder) / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def training_pairs(folder, rnd):
    """(a, b, target, weight, source) of the files that may be learned from, train rows only."""
    for name, (_, same, different, weight, most) in PAIRS.items():
        rows = [r for r in read(folder, name) if r["split"] == "train" and usable(name, r, same)]
        if most and len(rows) > most:
            rows = rnd.sample(rows, most)
        for r in rows:
            yield r["a"], r["b"], same if r["label"] else different, weight, name


def usable(name, row, same):
    if name in ENTAILMENT:
        return row.get("nli") == "contradiction"
    if name == "breaking_nli":
        return row["label"] == 0 or "synonym" in row["source"]
    return row["label"] == 0 or same is not None


def questions(folder, name, rnd, most):
    """At most `most` texts of a file that may be learned from."""
    rows = [r["text"] for r in read(folder, name) if learnable(name, r)]
    return rnd.sample(rows, most) if len(rows) > most else rows


def learnable(name, row):
    if name not in TEXTS:
        return False
    if name == "text_stackexchange":
        return row["source"].startswith("stackexchange:")
    if name == "text_wellformedness":
        return row["score"] >= 0.6
    return 8 <= len(row["text"]) <= 250


def dev_pairs(folder, name):
    """Rows for evaluation: the dev part where the file was learned from, everything otherwise."""
    rows = [r for r in read(folder, name) if "label" in r]
    dev = [r for r in rows if r["split"] == "dev"]
    return dev if name in PAIRS or len(dev) >= 400 else rows
