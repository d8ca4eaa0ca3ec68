"""Writes a checkpoint of train.py as checkpoint.npz, float32, without the word embeddings.

    python export.py run.pt checkpoint.npz
"""

import sys

import numpy as np
import torch


def arrays(state):
    """The tensors that ship, by name."""
    return {k: v.float().numpy() for k, v in state.items() if k != "t.word.weight"}


if __name__ == "__main__":
    np.savez(sys.argv[2], **arrays(torch.load(sys.argv[1], weights_only=True)["model"]))
