"""Puts together the pairs to train on.

    python mix.py --data DIR --neighbours neighbours.jsonl.gz --out pairs.jsonl.gz

Each row is {"a", "b", "label": target probability, "weight", "source"}. The amounts are in SHARES. A pair with a text
that stands in dev/ is left out.
"""

import argparse
import collections
import gzip
import json
import pathlib
import random
import re

import clusters
import corpora
import different
import intents
import lexicon
import same

# Pairs taken from each maker; labelled pairs by file are capped again here.
SHARES = {"labelled": 80000, "storied": 20000, "rewritten": 24000, "turned": 18000, "intents": 60000, "slots": 5000,
          "neighbours": 70000, "random": 14000, "clusters": 400000}
POOLS = {"text_nq": 7000, "text_wellformedness": 9000, "utt_wikisql": 6000, "text_stackexchange": 6000, "text_squad": 5000,
         "text_trivia": 4000, "text_msmarco": 3000, "utt_polyai_spans": 3000, "text_self_instruct": 500, "text_prompts_chat": 1500,
         "qqp_train": 16000, "cad_nli": 4000, "rqe": 3000}
# How sure it is that a changed question deserves another answer, and how much such a pair counts.
CHANGED = {"number": (0.02, 1.0), "value": (0.02, 1.0), "turn": (0.03, 1.0), "opposite": (0.03, 1.0), "negation": (0.03, 0.9),
           "other_question": (0.05, 0.7), "name": (0.02, 0.9), "constraint": (0.15, 0.4)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--neighbours", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--seed", type=int, default=41)
    parser.add_argument("--scale", type=float, default=1.0, help="of all amounts")
    args = parser.parse_args()
    mix = Mix(args.data, args.neighbours, random.Random(args.seed))
    judged = dev_texts()
    rows = [r for r in mix.rows(args.scale) if not {letters(r[0]), letters(r[1])} & judged]
    mix.rnd.shuffle(rows)
    with gzip.open(args.out, "wt", encoding="utf-8") as out:
        for a, b, label, weight, source in rows:
            out.write(json.dumps({"a": a, "b": b, "label": label, "weight": weight, "source": source}, ensure_ascii=False) + "\n")
    count = collections.Counter((r[4], r[2] > 0.5) for r in rows)
    for (source, positive), n in sorted(count.items()):
        print(f"{n:7d} {'same' if positive else 'different':9s} {source}")
    print(len(rows), "pairs")


class Mix:
    def __init__(self, data, neighbours, rnd):
        self.data, self.neighbours, self.rnd = data, neighbours, rnd
        self.same = same.Same(rnd)
        self.intents = intents.Intents(rnd, self.same)
        self.pool = [t for name, n in POOLS.items() for t in self.texts(name, n)]
        self.different = different.Different(rnd, names(self.pool))
        self.labelled = list(corpora.training_pairs(data, rnd))

    def texts(self, name, most):
        if name in corpora.PAIRS:
            rows = [r["a"] for r in corpora.read(self.data, name) if r["split"] == "train" and len(r["a"]) < 300]
            return self.rnd.sample(rows, min(most, len(rows)))
        return corpora.questions(self.data, name, self.rnd, most)

    def rows(self, scale):
        out = []
        for name, n in SHARES.items():
            made = getattr(self, "make_" + name)()
            for _, row in zip(range(int(n * scale)), made):
                out.append(self.dressed(row))
        return out

    def dressed(self, row):
        """Either order, and capitals and marks that say nothing."""
        a, b, label, weight, source = row
        if self.rnd.random() < 0.5:
            a, b = b, a
        r = self.rnd.random()
        if r < 0.2:
            a, b = a.lower(), b.lower()
        elif r < 0.3:
            a = same.bare(a) or a
        elif r < 0.4:
            b = (same.bare(b) or b).lower()
        return a, b, label, weight, source

    def make_labelled(self):
        rows = self.labelled[:]
        self.rnd.shuffle(rows)
        yield from rows

    def make_storied(self):
        """Labelled pairs with background around one side, or the same around both: the label stays."""
        rows = [r for r in self.labelled if r[4] not in corpora.ENTAILMENT and r[4] != "breaking_nli"]
        while True:
            a, b, label, weight, _ = self.rnd.choice(rows)
            story = self.intents.background(self.rnd.choice(self.intents.all))
            if not story:
                continue
            a = self.intents.around(a, story)
            if self.rnd.random() < 0.35:
                b = self.intents.around(b, story)
            yield a, b, label, weight, "storied"

    def make_rewritten(self):
        """A real question against a rewrite of it, or against one with another answer."""
        while True:
            q = self.rnd.choice(self.pool)
            if self.rnd.random() < 0.45:
                a = self.same.rewrite(q) if self.rnd.random() < 0.4 else q
                b = self.same.rewrite(q)
                if a and b and a != b:
                    yield a, b, 0.96, 0.8, "rewritten"
            else:
                yield from self.changed(q, q)

    def changed(self, a, b):
        """a against a changed b, the wording of either at times rewritten too."""
        new, kind = self.different.change(b)
        if not new:
            return
        r = self.rnd.random()
        if r < 0.45:
            a = self.same.rewrite(a) or a
        if 0.3 < r < 0.65:
            new = self.same.rewrite(new) or new
        target, weight = CHANGED[kind]
        yield a, new, target, weight, "changed-" + kind

    def make_turned(self):
        """Labelled pairs that ask the same, one side changed or rewritten: unlike words, another answer."""
        alike = [r for r in self.labelled if r[2] > 0.5 and r[4] not in corpora.ENTAILMENT]
        while True:
            a, b, label, weight, _ = self.rnd.choice(alike)
            if self.rnd.random() < 0.3:
                b = self.same.rewrite(b)
                if b:
                    yield a, b, label, weight * 0.7, "turned"
            else:
                yield from self.changed(a, b)

    def make_intents(self):
        while True:
            drawn = self.intents.draw()
            if drawn:
                a, b, alike, kind = drawn
                yield a, b, 0.96 if alike else 0.03, 1.0, kind

    def make_slots(self):
        """Utterances with marked values: another value of the same slot in one of the two."""
        rows = [r for name in ("utt_wikisql", "utt_polyai_spans") for r in corpora.read(self.data, name) if r["slots"]]
        values = collections.defaultdict(list)
        for r in rows:
            for s in r["slots"]:
                values[slot_key(r, s)].append(s["value"])
        while True:
            r = self.rnd.choice(rows)
            s = self.rnd.choice(r["slots"])
            at = r["text"].lower().find(s["value"].lower())
            new = self.rnd.choice(values[slot_key(r, s)])
            if at < 0 or len(r["text"]) < 15 or new.lower() in r["text"].lower():
                continue
            b = r["text"][:at] + new + r["text"][at + len(s["value"]):]
            a = r["text"] if self.rnd.random() < 0.5 else self.same.rewrite(r["text"]) or r["text"]
            yield a, b if self.rnd.random() < 0.7 else self.same.rewrite(b) or b, 0.02, 0.8, "slot-value"

    def make_clusters(self):
        """All pairs of the written clusters, a wording now and then rewritten."""
        for a, b, label, weight, source in clusters.pairs(self.rnd):
            if self.rnd.random() < 0.15:
                b = self.same.rewrite(b) or b
            yield a, b, label, weight, source

    def make_neighbours(self):
        with gzip.open(self.neighbours, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        rows += [r for r in rows if r["source"] == "rqe"]  # the only long ones count twice
        self.rnd.shuffle(rows)
        for r in rows:
            yield r["a"], r["b"], 0.10 if r["cosine"] > 0.7 else 0.04, 0.7, "neighbour"

    def make_random(self):
        """Two questions that have nothing to do with each other, at times in the same story."""
        while True:
            a, b = self.rnd.sample(self.pool, 2)
            story = self.intents.background(self.rnd.choice(self.intents.all)) if self.rnd.random() < 0.3 else []
            if story:
                a, b = self.intents.around(a, story), self.intents.around(b, story)
            yield a, b, 0.0, 0.6, "random"


def dev_texts():
    """The texts that the verifier is judged by, on letters and digits alone."""
    files = (pathlib.Path(__file__).resolve().parent / "dev").glob("*.jsonl")
    rows = [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    return {letters(r[k]) for r in rows for k in "ab"}


def letters(text):
    return re.sub(r"[^a-z0-9]", "", text.lower())


def names(texts):
    """Proper names inside the texts."""
    found = {m for t in texts for m in re.findall(r"(?<=[a-z] )[A-Z][a-z]{2,}(?: [A-Z][a-z]+)*", t)}
    return sorted(found)


def slot_key(row, slot):
    """Values of one table, or of one slot name, may stand for each other."""
    return row["intent"].split("@")[-1] if "@" in row["intent"] else slot["name"]


if __name__ == "__main__":
    main()
