"""Writes a checkpoint of train.py, or the mean of several, as checkpoint.npz, float32, without the word embeddings.

    python export.py run.pt [other.pt ...] checkpoint.npz
"""

import sys

import numpy as np
import torch


def arrays(state):
    """The tensors that ship, by name."""
    return {k: v.float().numpy() for k, v in state.items() if k != "t.word.weight"}


def mean(states):
    return {k: sum(s[k].float() for s in states) / len(states) for k in states[0]}


if __name__ == "__main__":
    *paths, out = sys.argv[1:]
    np.savez(out, **arrays(mean([torch.load(p, weights_only=True)["model"] for p in paths])))
