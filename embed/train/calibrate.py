"""Chooses the constants of p = sigmoid(c0 + c1 * logit + c2 * cosine) and the threshold on p, and leaves one source out.

    python calibrate.py --scores scores.jsonl.gz --floor 0.5 --out calibration.json

Scores come from `evaluate.py score --int8`, or from the program, with its guards, by gather.py. Only sources that may
be learned from are used, and each counts the same, as do its right and wrong pairs, so that neither a large source nor
its share of right pairs decides.

c2 / c1 is RATIO; c0 and c1 make logit + RATIO * cosine a probability; the threshold is the lowest at which TARGET of what
is served of all sources together is right.

The table leaves one source out at a time, fits and chooses on the others, and applies it to the
one left out. The sets below it had no part in any choice.
"""

import argparse
import json

import numpy as np

import evaluate


def questions(*domains):
    """The sets of held-back question clusters."""
    return ["questions-" + d for d in domains]


SOURCES = {
    "Quora": ["qqp_train", "qqp_more"], "word swaps": ["paws_qqp_dev"], "spoken questions": ["disfl_qa"],
    "database questions": ["spider_syn"], "university questions": ["text2sql_advising"], "clinical questions": ["rqe"],
    "forum titles": ["sts16_question_question"], "documentation": ["gptcache_mock"],
    "own adversarial": ["adversarial"], "own letters": ["doctor"], "own intents": ["intent", "out-of-scope"],
    "clusters": questions("assistant", "community", "developers", "intents", "knowledge", "letters", "medicine", "money", "plain",
                          "prompts", "support"),
    "clusters, least changes": questions("least-changes", "values"),
}
MEASURED_ONLY = {
    "clusters, near wordings": questions("near-assistant", "near-community", "near-developers", "near-home", "near-knowledge",
                                         "near-prompts", "near-service", "near-work"),
} | {name: [name] for name in ("text2sql_small", "text2sql_atis", "covid_q", "lcquad", "overnight", "parade", "stsb", "sick",
                               "pit2015", "strangers")}
TARGET = 0.97
# From 0 to 2 the sources together serve about as many right pairs at TARGET. A larger one ranks better within a source and
# serves fewer long rephrasings, whose cosines are low, at one threshold for all.
RATIO = 0.5
THRESHOLDS = np.arange(0.5, 0.9975, 0.0025)
RIDGE = 1e-3


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--scores", required=True)
    parser.add_argument("--floor", type=float, required=True, help="the cosine below which nothing is served")
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    sets = evaluate.read_scores(args.scores)
    sources = joined(sets, SOURCES)
    print("| left out | right / wrong pairs | threshold | precision | right served | wrong served |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, source in sources.items():
        print_row(name, source, choose({k: v for k, v in sources.items() if k != name}, args.floor))
    found = choose(sources, args.floor)
    for name, source in joined(sets, MEASURED_ONLY).items():
        print_row(name, source, found)
    print("all", {k: round(v, 4) for k, v in found.items()})
    with open(args.out, "w", encoding="utf-8") as out:
        json.dump({k: round(float(v), 5) for k, v in found.items()}, out, indent=1)


def joined(sets, groups):
    """{name: its sets' labels, cosines and logits together}, without those of which a set is missing."""
    return {name: np.concatenate([np.stack(sets[f]) for f in files], 1)
            for name, files in groups.items() if all(f in sets for f in files)}


def print_row(name, source, found):
    y, cosine, logit = source
    served = above_floor(source, found) >= found["threshold"]
    right, wrong = y == 1, y == 0
    print(f"| {name} | {right.sum()} / {wrong.sum()} | {found['threshold']:.3f} | "
          f"{precision(y, served):.3f} | {share(served[right])} | {share(served[wrong])} |")


def share(served):
    return f"{served.mean():.3f}" if len(served) else "-"


def choose(sources, floor):
    """The constants and the threshold for these sources."""
    c0, c1 = fit(sources)
    found = {"c0": c0, "c1": c1, "c2": c1 * RATIO, "floor": floor}
    p = [(v[0], above_floor(v, found)) for v in sources.values()]
    found["threshold"] = next((t for t in THRESHOLDS if joint_precision(p, t) >= TARGET), THRESHOLDS[-1])
    return found


def above_floor(source, found):
    """The probabilities; zero below the floor."""
    return evaluate.probability(source[1], source[2], found) * (source[1] >= found["floor"])


def fit(sources):
    """Logistic regression on logit + RATIO * cosine by Newton's method, every source and class weighing the same, over what
    the verifier has read."""
    sources = {k: v[:, np.isfinite(v[2])] for k, v in sources.items()}
    x = np.concatenate([np.stack([np.ones(v.shape[1]), v[2] + RATIO * v[1]], 1) for v in sources.values()])
    y = np.concatenate([v[0] for v in sources.values()])
    w = np.concatenate([balance(v[0]) for v in sources.values()])
    c = np.zeros(2)
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ c))
        gradient = x.T @ (w * (p - y)) + RIDGE * c
        hessian = (x * (w * p * (1 - p))[:, None]).T @ x + RIDGE * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        c = c - step
        if np.abs(step).max() < 1e-9:
            break
    return c


def balance(y):
    """Weights with which right and wrong pairs have half a vote each."""
    right = max(1, y.sum())
    wrong = max(1, len(y) - y.sum())
    return np.where(y == 1, 0.5 / right, 0.5 / wrong)


def precision(y, served):
    """Precision as if there were as many right as wrong pairs; none served counts as right."""
    w = balance(y) * served
    return 1.0 if w.sum() == 0 else (w * y).sum() / w.sum()


def joint_precision(sources, threshold):
    """Of the balanced pairs of all sources [(labels, probabilities)] together; one served pair weighs little in it."""
    served = [(balance(y) * (p >= threshold), y) for y, p in sources]
    return sum((w * y).sum() for w, y in served) / max(1e-9, sum(w.sum() for w, _ in served))


if __name__ == "__main__":
    main()
