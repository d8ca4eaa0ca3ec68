"""Fits p = sigmoid(c0 + c1 * logit + c2 * cosine), and chooses the threshold on p and the cosine floor.

    python calibrate.py --scores scores.jsonl.gz --out calibration.json

Scores come from `evaluate.py score --int8`. Only sources that may be learned from are used, and each counts the
same, as do its right and wrong pairs, so that neither a large source nor its share of right pairs decides. The
threshold is the lowest at which the mean precision over the sources is TARGET; the report leaves one source out at
a time, fits and chooses on the others, and applies the result to the one left out.
"""

import argparse
import json

import numpy as np

import evaluate

SOURCES = {
    "quora": ["qqp_train", "qqp_more"], "word swaps": ["paws_qqp_dev"], "spoken questions": ["disfl_qa"],
    "database questions": ["spider_syn"], "university questions": ["text2sql_advising"], "clinical questions": ["rqe"],
    "forum titles": ["sts16_question_question"], "documentation": ["gptcache_mock"],
    "own adversarial": ["adversarial"], "own doctor": ["doctor"], "own intents": ["intent", "out-of-scope"],
}
TARGET = 0.97
KEEP = 0.98  # of the right pairs above the threshold, the share that the floor must keep
RIDGE = 1e-3


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--scores", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    sets = evaluate.read_scores(args.scores)
    sources = {name: np.concatenate([np.stack(sets[f]) for f in files], 1)
               for name, files in SOURCES.items() if all(f in sets for f in files)}
    print("left out            precision recall fpr at the threshold chosen on the others")
    for name in sources:
        found = choose({k: v for k, v in sources.items() if k != name})
        print(f"{name:22s} {outcome(sources[name], found)}   threshold {found['threshold']:.3f}")
    found = choose(sources)
    print("all", {k: round(v, 4) for k, v in found.items()})
    with open(args.out, "w", encoding="utf-8") as out:
        json.dump({k: round(v, 5) for k, v in found.items()}, out, indent=1)


def choose(sources):
    """The constants, the threshold and the floor for these sources."""
    found = dict(zip(("c0", "c1", "c2"), fit(sources)))
    p = {k: evaluate.probability(v[1], v[2], found) for k, v in sources.items()}
    found["threshold"] = next((t for t in np.arange(0.5, 0.996, 0.005)
                               if mean_precision(sources, p, t) >= TARGET), 0.995)
    kept = np.concatenate([v[1][(v[0] == 1) & (p[k] >= found["threshold"])] for k, v in sources.items()])
    found["floor"] = float(np.floor(np.quantile(kept, 1 - KEEP) * 50) / 50)
    return found


def fit(sources):
    """Logistic regression by Newton's method, every source and class weighing the same."""
    x = np.concatenate([np.stack([np.ones(v.shape[1]), v[2], v[1]], 1) for v in sources.values()])
    y = np.concatenate([v[0] for v in sources.values()])
    w = np.concatenate([balance(v[0]) for v in sources.values()])
    c = np.zeros(3)
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ c))
        gradient = x.T @ (w * (p - y)) + RIDGE * c
        hessian = (x * (w * p * (1 - p))[:, None]).T @ x + RIDGE * np.eye(3)
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


def precision(y, p, threshold):
    """Precision as if there were as many right as wrong pairs; none served counts as right."""
    w = balance(y) * (p >= threshold)
    return 1.0 if w.sum() == 0 else (w * y).sum() / w.sum()


def mean_precision(sources, p, threshold):
    return np.mean([precision(v[0], p[k], threshold) for k, v in sources.items()])


def outcome(source, found):
    y, cosine, logit = source
    p = evaluate.probability(cosine, logit, found) * (cosine >= found["floor"])
    served = p >= found["threshold"]
    return f"{precision(y, p, found['threshold']):.3f} {served[y == 1].mean():.3f} {served[y == 0].mean():.3f}"


if __name__ == "__main__":
    main()
