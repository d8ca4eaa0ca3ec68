"""Rounds a model as the program does: int8 weights with one scale an output column, uint8 activations with one a row."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class Rounded(nn.Module):
    """A linear layer with rounded weights that rounds each row it gets."""

    def __init__(self, linear):
        super().__init__()
        scale = linear.weight.abs().amax(1, keepdim=True).clamp(min=1e-30) / 127
        self.weight = nn.Parameter(torch.round(linear.weight / scale).clamp(-127, 127) * scale, requires_grad=False)
        self.bias = linear.bias

    def forward(self, x):
        low, high = x.amin(-1, keepdim=True).clamp(max=0), x.amax(-1, keepdim=True).clamp(min=0)
        step = ((high - low) / 255).clamp(min=1e-30)
        zero = torch.round(-low / step)
        x = (torch.round(x / step + zero).clamp(0, 255) - zero) * step
        return F.linear(x, self.weight, self.bias)


def round_linears(module):
    """Replaces the linear layers in place; the one that gives the logit stays as it is."""
    for name, child in module.named_children():
        if isinstance(child, nn.Linear) and child.out_features > 1:
            setattr(module, name, Rounded(child))
        else:
            round_linears(child)
