"""Mines hard negatives: questions of one corpus that the embedder finds alike although they are not the same.

    python neighbours.py --wheel WHEEL --data DIR --out neighbours.jsonl.gz

Pairs above a cosine of 0.80 are left out, since many of them do ask the same; so are pairs whose content words
nearly coincide. A share has a middling cosine (0.3 to 0.55), like most of what a cache looks at.
"""

import argparse
import gzip
import json
import random
import re

import torch

import base
import clusters
import corpora
import model as verifier

TAKE = {"text_nq": 9000, "text_wellformedness": 12000, "text_stackexchange": 8000, "text_msmarco": 5000,
        "text_trivia": 5000, "text_self_instruct": 600}
QQP = 9000
COMMON = set("""a an the is are was were do does did of to in on for i me my you your what how who when
where why which can be it and or with at by from that this there""".split())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--wheel", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--seed", type=int, default=23)
    parser.add_argument("--corpora", nargs="*", default=[*TAKE, "qqp_train", "rqe", "clusters"])
    args = parser.parse_args()
    torch.set_num_threads(1)
    rnd = random.Random(args.seed)
    source = base.open_wheel(args.wheel)
    embedder = verifier.new_cross(base.trunk_state(source)).t.eval()
    with gzip.open(args.out, "wt", encoding="utf-8") as out:
        for name in args.corpora:
            texts = sorted(set(pool(args.data, name, rnd)))
            vectors = embed(embedder, source, texts)
            for a, b, cosine in alike(texts, vectors, groups(args.data, name), rnd):
                out.write(json.dumps({"a": a, "b": b, "cosine": round(cosine, 3), "source": name}) + "\n")
            print(name, len(texts), flush=True)


def pool(data, name, rnd):
    if name == "qqp_train":
        return rnd.sample([r["a"] for r in corpora.read(data, name) if r["split"] == "train"], QQP)
    if name == "clusters":
        return list(clusters.groups())
    if name == "rqe":
        return [r[k] for r in corpora.read(data, name) if r["split"] == "train" for k in "ab"]
    return corpora.questions(data, name, rnd, TAKE[name])


def groups(data, name):
    """{text: one text of its group}: what the file's own labels join, directly or through others."""
    if name == "clusters":
        return clusters.groups()
    parent = {}

    def root(text):
        while parent.get(text, text) != text:
            text = parent[text]
        return text

    if name in corpora.PAIRS:
        for r in corpora.read(data, name):
            if r["label"]:
                parent[root(r["a"])] = root(r["b"])
    return {text: root(text) for text in list(parent)}


@torch.no_grad()
def embed(embedder, source, texts):
    """Unit vectors [texts, 384]."""
    ids = base.token_ids(source, texts)
    order = sorted(range(len(texts)), key=lambda i: len(ids[i]))
    out = torch.zeros(len(texts), base.HIDDEN)
    for at in range(0, len(order), 128):
        part = order[at:at + 128]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            out[part] = embedder.embed(*verifier.text_batch([ids[i] for i in part], 64))
    return out


def alike(texts, vectors, group, rnd):
    """(a, b, cosine): near but not the same, and some middling ones."""
    for at in range(0, len(texts), 512):
        near = vectors[at:at + 512] @ vectors.T
        best, index = near.topk(12, 1)
        for row in range(len(near)):
            a = texts[at + row]
            fitting = [(texts[j], c) for c, j in zip(best[row].tolist(), index[row].tolist())
                       if 0.5 < c < 0.80 and not nearly_equal(a, texts[j])
                       and group.get(a, a) != group.get(texts[j], texts[j])]
            if fitting:
                yield (a, *rnd.choice(fitting[:3]))
            if rnd.random() < 0.25:
                j = rnd.randrange(len(texts))
                middling = [k for k in rnd.sample(range(len(texts)), 300) if 0.3 < near[row, k] < 0.55]
                j = middling[0] if middling else j
                yield a, texts[j], float(near[row, j])


def nearly_equal(a, b):
    """Whether the content words are the same but for a word or so."""
    x, y = (set(re.findall(r"\w+", t.lower())) - COMMON for t in (a, b))
    return len(x & y) >= 0.8 * max(1, min(len(x), len(y))) and abs(len(x) - len(y)) <= 1


if __name__ == "__main__":
    main()
