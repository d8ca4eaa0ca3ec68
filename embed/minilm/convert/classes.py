"""What the reference tokenizer takes each code point for, found by asking it."""

import struct

WORD, SPACE, ALONE, DROPPED = range(4)
BATCH = 20000


def table(source):
    """The number of runs, then first << 2 | class of each run, as u32."""
    runs, last = [], None
    for point, kind in classify(source):
        if kind != last:
            runs.append(point << 2 | kind)
            last = kind
    return struct.pack(f"<I{len(runs)}I", len(runs), *runs)


def classify(source):
    """Encodes every code point between two letters and looks at the pieces."""
    a, b, ab = (source.vocab.index(token) for token in ("a", "b", "ab"))
    points = [p for p in range(0x110000) if not 0xD800 <= p <= 0xDFFF]
    for at in range(0, len(points), BATCH):
        part = points[at:at + BATCH]
        for point, encoding in zip(part, source.tokenizer.encode_batch([f"a{chr(p)}b" for p in part])):
            ids = encoding.ids[1:-1]
            if ids == [ab]:
                yield point, DROPPED
            elif ids == [a, b]:
                yield point, SPACE
            elif ids[0] == a and ids[-1] == b:
                yield point, ALONE
            else:
                yield point, WORD
