"""The verifier: a cross-encoder on the embedder's trunk.

Input is `[CLS] a b`, a the new question and b the stored one, with token types 0 and 1. The word embeddings are
the embedder's own and stay frozen, so a program that holds the embedder adds only the rest. Of the last layer only
the row of [CLS] is computed, which saves a ninth of the time; the words' means are taken from the layer below.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F

from base import CLS, HEADS, HIDDEN, INNER, LAYERS, SEP

EPSILON = 1e-12
MAX_TOKENS = 512


def attention(q, k, v, bias):
    """Written out: on a CPU the fused kernel's backward pass takes a quarter of a training step."""
    scores = torch.matmul(q * q.shape[-1] ** -0.5, k.transpose(-1, -2)) + bias
    return torch.matmul(F.softmax(scores, -1, dtype=v.dtype), v)


class Layer(nn.Module):
    """One encoder layer, layer norms after the sums as in BERT."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(HIDDEN, 3 * HIDDEN)
        self.o = nn.Linear(HIDDEN, HIDDEN)
        self.ln1 = nn.LayerNorm(HIDDEN, eps=EPSILON)
        self.f1 = nn.Linear(HIDDEN, INNER)
        self.f2 = nn.Linear(INNER, HIDDEN)
        self.ln2 = nn.LayerNorm(HIDDEN, eps=EPSILON)

    def forward(self, x, bias, first=None):
        """All rows, or the first ones alone, which look at all."""
        rows, length, _ = x.shape
        q, k, v = self.qkv(x).view(rows, length, 3, HEADS, HIDDEN // HEADS).permute(2, 0, 3, 1, 4)
        x = x[:, :first]
        context = attention(q[:, :, :first], k, v, bias).transpose(1, 2).reshape(x.shape)
        x = self.ln1(x + self.o(context))
        return self.ln2(x + self.f2(F.gelu(self.f1(x))))


class Trunk(nn.Module):
    """Embeddings and the encoder layers."""

    def __init__(self):
        super().__init__()
        self.word = nn.Embedding(30522, HIDDEN)
        self.pos = nn.Embedding(MAX_TOKENS, HIDDEN)
        self.typ = nn.Embedding(2, HIDDEN)
        self.ln = nn.LayerNorm(HIDDEN, eps=EPSILON)
        self.L = nn.ModuleList([Layer() for _ in range(LAYERS)])
        self.word.weight.requires_grad = False

    def forward(self, ids, types, mask):
        """The rows before the last layer, which is left to the caller, and the bias that hides what is filled up."""
        x = self.ln(self.word(ids) + self.pos.weight[None, :ids.shape[1]] + self.typ(types))
        if torch.is_autocast_enabled(x.device.type):
            x = x.bfloat16()
        bias = ((1 - mask.to(x.dtype)) * -1e4)[:, None, None, :]
        for layer in self.L[:-1]:
            x = layer(x, bias)
        return x, bias

    def embed(self, ids, mask):
        """The embedder's unit vectors: the mean of the last rows, with the reference's weights."""
        x = self.L[-1](*self.forward(ids, torch.zeros_like(ids), mask)).float()
        weights = mask.float()[..., None]
        return F.normalize((x * weights).sum(1) / weights.sum(1), dim=1)


class Head(nn.Module):
    """[CLS; u + v; |u - v|; u * v; max(u, v)] -> 256 tanh -> logit, u and v the means over a's and b's tokens."""

    def __init__(self):
        super().__init__()
        self.a = nn.Linear(5 * HIDDEN, 256)
        self.b = nn.Linear(256, 1)

    def forward(self, start, x, in_a, in_b, dropout):
        start, x = start.float(), x.float()
        u = (x * in_a[..., None]).sum(1) / in_a.sum(1, keepdim=True).clamp(min=1)
        v = (x * in_b[..., None]).sum(1) / in_b.sum(1, keepdim=True).clamp(min=1)
        both = torch.cat([start, u + v, (u - v).abs(), u * v, torch.maximum(u, v)], 1)
        return self.b(F.dropout(torch.tanh(self.a(both)), dropout, self.training))[:, 0]


class Cross(nn.Module):
    """Trunk and head; forward returns one logit a pair."""

    def __init__(self):
        super().__init__()
        self.t = Trunk()
        self.h = Head()

    def forward(self, ids, types, mask, dropout=0.0):
        x, bias = self.t(ids, types, mask)
        start = self.t.L[-1](x, bias, first=1)[:, 0]
        words = mask.float() * (ids != CLS)
        return self.h(start, x, words * (types == 0), words * (types == 1), dropout)


def clip(a, b, room):
    """Shortens the longer of two id lists until both fit into room."""
    if len(a) + len(b) <= room:
        return a, b
    half = room // 2
    keep_a = max(half, room - len(b))
    a = a[:keep_a]
    return a, b[:room - len(a)]


def pair_batch(pairs, max_tokens=MAX_TOKENS):
    """Ids, types and mask of [(a ids, b ids)], padded to the longest."""
    rows = []
    for a, b in pairs:
        a, b = clip(a, b, max_tokens - 1)
        rows.append(([CLS] + a, b))
    longest = max(len(a) + len(b) for a, b in rows)
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    types, mask = torch.zeros_like(ids), torch.zeros_like(ids)
    for i, (a, b) in enumerate(rows):
        n = len(a) + len(b)
        ids[i, :n] = torch.tensor(a + b)
        types[i, len(a):n] = 1
        mask[i, :n] = 1
    return ids, types, mask


def text_batch(texts, max_tokens=256):
    """Ids and mask of single texts for the embedder."""
    rows = [[CLS] + ids[:max_tokens - 2] + [SEP] for ids in texts]
    ids = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
    mask = torch.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, :len(row)] = torch.tensor(row)
        mask[i, :len(row)] = 1
    return ids, mask


def new_cross(trunk):
    """A verifier whose trunk has the reference's weights (base.trunk_state)."""
    model = Cross()
    missing, unexpected = model.load_state_dict(trunk, strict=False)
    assert not unexpected and all(n.startswith("h.") for n in missing), (missing, unexpected)
    return model
