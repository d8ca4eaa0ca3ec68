"""Trains the verifier on a file of pairs made by mix.py.

    python train.py --wheel WHEEL --pairs pairs.jsonl.gz --seconds 5400 --out run

Writes run.pt (weights and optimizer, to go on from with --resume) every few minutes, at the end, and on SIGTERM. The
learning rate rises over 150 steps, stays, and falls linearly to zero over the last part of the time that --decay names.
"""

import argparse
import gzip
import json
import random
import signal
import time

import torch
import torch.nn.functional as F

import base
import model as verifier

PEAK = 1.5e-4          # learning rate of the top layer
LAYER_DECAY = 0.85     # each layer below learns this much slower
HEAD_FACTOR = 4        # the head is new and learns faster
WARM_UP = 150          # steps
DROPOUT = 0.1          # in the head
BATCH_TOKENS = 2048    # padded tokens a step
BATCH_PAIRS = 64
SORTED_WITHIN = 4096   # pairs that are sorted by length together, so that little is padded
SAVE_EVERY = 240       # seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--wheel", required=True)
    parser.add_argument("--pairs", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--decay", type=float, default=0.7, help="the share of the time in which the rate falls")
    parser.add_argument("--resume", help="a checkpoint of this script")
    parser.add_argument("--max-tokens", type=int, default=200)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=11)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    source = base.open_wheel(args.wheel)
    model = verifier.new_cross(base.trunk_state(source)).to(device).train()
    optimizer = torch.optim.AdamW(groups(model), betas=(0.9, 0.98), eps=1e-6, fused=True)
    if args.resume:
        resume(args.resume, model, optimizer)
    pairs = load(args.pairs, source)
    print(f"{len(pairs)} pairs on {device}", flush=True)
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(True))
    run(model, optimizer, batches(pairs, random.Random(args.seed)), args, device, stop)
    save(args.out, model, optimizer)


def groups(model):
    """Parameters with their own learning rate and weight decay."""
    out = []
    for name, p in model.named_parameters():
        if not p.requires_grad:
            continue
        if name.startswith("h."):
            factor = HEAD_FACTOR
        elif name.startswith("t.L."):
            factor = LAYER_DECAY ** (base.LAYERS - 1 - int(name.split(".")[2]))
        else:
            factor = LAYER_DECAY ** base.LAYERS
        out.append({"params": [p], "lr": 0.0, "factor": factor, "weight_decay": 0.01 if p.ndim > 1 else 0.0})
    return out


def load(path, source):
    """[(a ids, b ids, label, weight)] of a pairs file."""
    rows = [json.loads(line) for line in gzip.open(path, "rt", encoding="utf-8")]
    a, b = (base.token_ids(source, [r[k] for r in rows]) for k in "ab")
    return [(x, y, float(r["label"]), float(r["weight"])) for x, y, r in zip(a, b, rows)]


def batches(pairs, rnd):
    """Endless batches of similar length in random order."""
    while True:
        rnd.shuffle(pairs)
        for at in range(0, len(pairs), SORTED_WITHIN):
            part = sorted(pairs[at:at + SORTED_WITHIN], key=lambda p: len(p[0]) + len(p[1]))
            cut = list(cuts(part))
            rnd.shuffle(cut)
            yield from cut


def cuts(pairs):
    batch = []
    for p in pairs:
        longest = min(len(p[0]) + len(p[1]), 250) + 1
        if batch and (len(batch) == BATCH_PAIRS or longest * (len(batch) + 1) > BATCH_TOKENS):
            yield batch
            batch = []
        batch.append(p)
    if len(batch) > 4:
        yield batch


def rate(share, step, decay):
    """The learning rate's factor after `share` of the time and `step` steps."""
    return min(1.0, step / WARM_UP) * min(1.0, max(0.005, (1 - share) / decay))


def run(model, optimizer, stream, args, device, stop):
    """Learns until the time is over or a signal came."""
    trained = [p for p in model.parameters() if p.requires_grad]
    start = saved = time.time()
    seen, losses = 0, []
    for step, batch in enumerate(stream, 1):
        share = (time.time() - start) / args.seconds
        if share >= 1 or stop:
            return
        for g in optimizer.param_groups:
            g["lr"] = PEAK * g["factor"] * rate(share, step, args.decay)
        losses.append(learn(model, optimizer, trained, batch, args.max_tokens, device))
        seen += len(batch)
        if step % 50 == 0:
            now = time.time()
            print(f"step {step} pairs {seen} seconds {now - start:.0f} pairs/s {seen / (now - start):.1f} "
                  f"loss {sum(losses[-200:]) / len(losses[-200:]):.4f}", flush=True)
        if time.time() - saved > SAVE_EVERY:
            saved = time.time()
            save(args.out, model, optimizer)


def learn(model, optimizer, trained, batch, max_tokens, device):
    """One step; returns the loss."""
    ids, types, mask = (t.to(device) for t in verifier.pair_batch([p[:2] for p in batch], max_tokens))
    label, weight = (torch.tensor([p[i] for p in batch], device=device) for i in (2, 3))
    with torch.autocast(device, dtype=torch.bfloat16):
        logit = model(ids, types, mask, DROPOUT)
    loss = (F.binary_cross_entropy_with_logits(logit.float(), label, reduction="none") * weight).mean()
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(trained, 1.0)
    optimizer.step()
    return float(loss.detach())


def save(out, model, optimizer):
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, out + ".pt")


def resume(path, model, optimizer):
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])


if __name__ == "__main__":
    main()
