"""Area under the ROC curve, and recall where the precision is high enough."""

import numpy as np


def auc(y, score):
    """The chance that a right pair scores above a wrong one, ties counted half."""
    ranks = np.empty(len(score))
    order = np.argsort(score, kind="stable")
    values = score[order]
    at = 0
    while at < len(values):
        end = at
        while end < len(values) and values[end] == values[at]:
            end += 1
        ranks[order[at:end]] = (at + end + 1) / 2
        at = end
    n = int(y.sum())
    if n == 0 or n == len(y):
        return float("nan")
    return (ranks[y == 1].sum() - n * (n + 1) / 2) / (n * (len(y) - n))


def recall_at(y, score, precision, least=10):
    """The largest share of right pairs above a threshold whose precision is at least the wanted one.

    Fewer than `least` right pairs count as none, so that luck at the very top says nothing.
    """
    order = np.argsort(-score, kind="stable")
    right = np.cumsum(y[order])
    served = np.arange(1, len(y) + 1)
    last = np.append(score[order][1:] != score[order][:-1], True)
    fits = (right / served >= precision) & (right >= least) & last
    return float(right[fits].max() / max(1, y.sum())) if fits.any() else 0.0
