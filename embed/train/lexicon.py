"""Reads the word lists and frames of text/ and finds their words in a question."""

import pathlib
import re

TEXT = pathlib.Path(__file__).resolve().parent / "text"

# Class values that are more often something else.
AMBIGUOUS = {"turkey", "may", "us", "second", "last", "lead", "frozen", "back", "head", "r", "swift", "edge", "teams",
             "target", "oracle", "mercury", "java", "go", "date", "name", "type", "size", "area", "sum", "set"}


def lines(name):
    """The lines of a file in text/ that say something."""
    for line in (TEXT / name).read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line.strip()


def split(values):
    return [v.strip() for v in values.split(" | ") if v.strip()]


def phrases(words):
    """A pattern that finds any of the words, longest first."""
    longest = sorted(map(re.escape, words), key=len, reverse=True)
    return re.compile(r"(?<![\w'-])(" + "|".join(longest) + r")(?![\w'-])", re.I)


class Classes:
    """Values by class: what may replace what in a value swap."""

    def __init__(self):
        self.values = {}
        for line in lines("classes.txt"):
            name, values = line.split(":", 1)
            self.values[name] = split(values)
        self.of = {}
        for name, values in self.values.items():
            for v in values:
                self.of.setdefault(v, []).append(name)
        self.pattern = phrases([v for v in self.of if v not in AMBIGUOUS])

    def others(self, value, rnd):
        """The other values of one of the value's classes."""
        value = value.lower()
        name = rnd.choice(self.of[value])
        return [v for v in self.values[name] if v != value and v not in value and value not in v]


class Couples:
    """Words that come in twos, in both directions."""

    def __init__(self, *files):
        self.of = {}
        for line in (line for name in files for line in lines(name)):
            one, other = line.split(" / ")
            self.of.setdefault(one, []).append(other)
            self.of.setdefault(other, []).append(one)
        self.pattern = phrases([w for w in self.of if len(w) > 1])


class Frames:
    """Question patterns and the forms that each may take."""

    def __init__(self):
        self.all = []
        for line in lines("frames.txt"):
            if line.startswith("? "):
                pattern = re.compile("^" + line[2:] + "$", re.I)
            else:
                self.all.append((pattern, split(line)))


def padding():
    """What may stand before and after a question, and sentences of background."""
    out, part = {}, None
    for line in lines("padding.txt"):
        if line.startswith("["):
            part = line.strip("[]")
        else:
            out.setdefault(part, []).extend(split(line))
    return out


def constraints():
    return [c for line in lines("constraints.txt") for c in split(line)]


def substitutions(name):
    """[(pattern, replacement)]"""
    rows = (TEXT / name).read_text(encoding="utf-8").splitlines()
    return [tuple(row.split(" => ", 1)) for row in rows if " => " in row and not row.startswith("#")]


def like(model, text):
    """Text with the capitals of what it replaces."""
    if model.isupper() and len(model) > 1:
        return text.upper()
    if model[:1].isupper():
        return " ".join(w[:1].upper() + w[1:] for w in text.split(" ")) if model.istitle() else text[:1].upper() + text[1:]
    return text


def put(text, match, replacement):
    """The text with the match replaced, capitals kept."""
    return text[:match.start()] + like(match.group(0), replacement) + text[match.end():]
