"""The forward pass in float32 numpy: what the quantised model is compared to."""

import math

import numpy as np

HEADS = 12
EPSILON = 1e-12

erf = np.vectorize(math.erf, otypes=[np.float64])


def layer_norm(x, gain, bias):
    mean = x.mean(-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + EPSILON) * gain + bias


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def heads(x):
    """[tokens, 384] -> [12, tokens, 32]"""
    return x.reshape(len(x), HEADS, -1).transpose(1, 0, 2)


def embed(source, ids):
    """The unit vector of one tokenised text."""
    w = source.weights
    x = (w["embeddings.word_embeddings.weight"][ids]
         + w["embeddings.position_embeddings.weight"][:len(ids)]
         + w["embeddings.token_type_embeddings.weight"][0])
    x = layer_norm(x, w["embeddings.LayerNorm.weight"], w["embeddings.LayerNorm.bias"])
    for index in range(6):
        x = encoder_layer(source.layer(index), x)
    mean = x.mean(0)
    return (mean / np.linalg.norm(mean)).astype(np.float32)


def encoder_layer(w, x):
    def linear(x, name):
        return x @ w[name + ".weight"].T + w[name + ".bias"]

    q, k, v = (heads(linear(x, "attention.self." + n)) for n in ("query", "key", "value"))
    p = softmax(q @ k.transpose(0, 2, 1) / np.float32(np.sqrt(q.shape[-1])))
    context = (p @ v).transpose(1, 0, 2).reshape(x.shape)
    x = layer_norm(x + linear(context, "attention.output.dense"),
                   w["attention.output.LayerNorm.weight"], w["attention.output.LayerNorm.bias"])
    h = linear(x, "intermediate.dense")
    h = (0.5 * h * (1 + erf(h / np.sqrt(2)))).astype(np.float32)
    return layer_norm(x + linear(h, "output.dense"), w["output.LayerNorm.weight"], w["output.LayerNorm.bias"])
