"""Makes pairs that must miss: a question and the most alike one of another corpus.

    python strangers.py --wheel WHEEL --data DIR --out strangers.jsonl

Stored are commands to an assistant, clinical questions, questions on the data of a university, and of a database; asked
are questions of all kinds from Quora (dev part) and a search engine. `evaluate.py score --pairs strangers.jsonl` scores
them.
"""

import argparse
import json
import random

import torch

import base
import corpora
import model as verifier
import neighbours

STORED = {"utt_nlupp": 2500, "rqe": 400, "text2sql_advising": 600, "spider_syn": 600, "gptcache_mock": 120}
ASKED = {"qqp_train": 1500, "text_nq": 700}
NEAREST = 2      # of the stored questions, for each asked one
LEAST = 0.35     # cosine


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--wheel", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--seed", type=int, default=29)
    args = parser.parse_args()
    torch.set_num_threads(1)
    rnd = random.Random(args.seed)
    source = base.open_wheel(args.wheel)
    embedder = verifier.new_cross(base.trunk_state(source)).t.eval()
    stored, asked = (take(args.data, corpus, rnd) for corpus in (STORED, ASKED))
    near = neighbours.embed(embedder, source, asked) @ neighbours.embed(embedder, source, stored).T
    with open(args.out, "w", encoding="utf-8") as out:
        for text, cosines, at in zip(asked, *(t.tolist() for t in near.topk(NEAREST, 1))):
            for cosine, i in zip(cosines, at):
                if cosine >= LEAST:
                    out.write(json.dumps({"a": stored[i], "b": text, "label": 0}, ensure_ascii=False) + "\n")


def take(data, amounts, rnd):
    """Dev rows' questions, or texts, of the corpora, as many as named."""
    out = set()
    for name, most in amounts.items():
        rows = corpora.read(data, name)
        texts = sorted({r["b"] for r in rows if r["split"] == "dev"} if "label" in rows[0] else {r["text"] for r in rows})
        out.update(rnd.sample(texts, min(most, len(texts))))
    return sorted(out)


if __name__ == "__main__":
    main()
