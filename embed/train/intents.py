"""Makes pairs from the intents of text/intents: the same intent in other words, or its nearest neighbour.

A file is one domain. `[name]` opens an intent, the lines below give its wordings, `{slot}` in them stands for a value
of classes.txt or of a list `=slot: ...` of the file; `{slot2}` for another value of the same list. `a / b` is one value
with two names, of which each wording takes any. A `~` before the first wording says that the order of slot and slot2
does not matter. `[background]` holds sentences that may stand
around any question of the domain without changing its answer.

A slot that most wordings of an intent share belongs to the question: another value asks for another answer. A slot
of few wordings is a detail that does not matter.
"""

import re

import lexicon
import made

# Domains whose intents are drawn more often than others.
WEIGHTS = {"medical": 2, "clinic": 2, "directions": 2, "identifiers": 2, "service": 4, "roles": 2, "plain": 2}
SLOT = re.compile(r"\{(\w+?)\}")
NAMES = {"country", "city", "state", "language", "month", "weekday", "app", "person", "university", "company", "planet",
         "programming", "framework", "database", "maker", "feast", "artist", "drug"}


class Intent:
    def __init__(self, domain, name, wordings, symmetric):
        self.domain, self.name, self.wordings, self.symmetric = domain, name, wordings, symmetric
        counts = {}
        for w in wordings:
            for s in set(SLOT.findall(w)):
                counts[s] = counts.get(s, 0) + 1
        self.own = {s for s, n in counts.items() if n >= 0.6 * len(wordings)}


class Domain:
    def __init__(self, path):
        self.lists, self.background, self.intents = {}, [], []
        self.weight = WEIGHTS.get(path.stem, 1)
        wordings = {}
        name = None
        for line in path.read_text(encoding="utf-8").splitlines():
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            if line.startswith("="):
                slot, values = line[1:].split(":", 1)
                self.lists[slot] = lexicon.split(values)
            elif line.startswith("["):
                name = line.strip("[]")
                wordings[name] = []
            else:
                wordings[name].extend(lexicon.split(line))
        self.background = wordings.pop("background")
        for name, texts in wordings.items():
            symmetric = texts[0].startswith("~")
            texts = [t.lstrip("~") for t in texts]
            self.intents.append(Intent(self, name, texts, symmetric))


class Intents:
    """Draws pairs; `same` is the rewriter whose surface forms and stories are put on top."""

    def __init__(self, rnd, same):
        self.rnd, self.same, self.classes = rnd, same, same.classes
        self.made = made.Made(rnd, self.classes.values["month"])
        self.domains = [Domain(p) for p in sorted((lexicon.TEXT / "intents").glob("*.txt"))]
        self.all = [i for d in self.domains for i in d.intents * d.weight]

    def draw(self):
        """(a, b, whether they deserve the same answer, kind)"""
        intent = self.rnd.choice(self.all)
        r = self.rnd.random()
        if r < 0.5:
            return self.positive(intent)
        if r < 0.72 and intent.own:
            return self.other_value(intent)
        return self.other_intent(intent)

    def positive(self, intent):
        if len(intent.wordings) < 2:
            return None
        x, y = self.rnd.sample(intent.wordings, 2)
        values = self.values(intent)
        swapped = dict(values)
        if intent.symmetric and self.rnd.random() < 0.5:
            for s in list(values):
                if s.endswith("2"):
                    swapped[s], swapped[s[:-1]] = values[s[:-1]], values[s]
        return self.pair((intent, x, values), (intent, y, swapped), True, "intent")

    def other_value(self, intent):
        values = self.values(intent)
        changed = dict(values)
        pairs = [s for s in intent.own if s.endswith("2") and s[:-1] in intent.own and s[:-1] in values]
        if pairs and not intent.symmetric and self.rnd.random() < 0.5:
            s = pairs[0]
            changed[s], changed[s[:-1]] = values[s[:-1]], values[s]
            own = {s, s[:-1]}
        else:
            s = self.rnd.choice(sorted(intent.own))
            changed[s] = self.nearby(values[s]) or self.value(intent.domain, s, set(values.values()))
            own = {s}
        fitting = [w for w in intent.wordings if own <= set(SLOT.findall(w))]
        if not fitting or changed == values:
            return None
        x, y = self.rnd.choice(fitting), self.rnd.choice(fitting)
        return self.pair((intent, x, values), (intent, y, changed), False, "intent-value")

    def other_intent(self, intent):
        """A neighbour in the file, any intent of the domain, or one of another domain, with the same values."""
        siblings = intent.domain.intents
        at, r = siblings.index(intent), self.rnd.random()
        if r < 0.55:
            other = siblings[max(0, min(len(siblings) - 1, at + self.rnd.choice([-3, -2, -1, -1, 1, 1, 2, 3])))]
        elif r < 0.85:
            other = self.rnd.choice(siblings)
        else:
            other = self.rnd.choice(self.all)
        if other is intent:
            return None
        x, y = self.rnd.choice(intent.wordings), self.rnd.choice(other.wordings)
        if other.domain is not intent.domain and overlap(x, y) > 0.4:
            return None
        values = self.values(intent)
        return self.pair((intent, x, values), (other, y, {**self.values(other), **values}), False, "intent-other")

    def values(self, intent):
        out = {}
        for s in sorted(intent.own):
            out[s] = self.value(intent.domain, s, set(out.values()))
        return out

    def value(self, domain, slot, taken):
        """A value for a slot that is not taken yet."""
        name = slot if slot in domain.lists or slot in self.classes.values else slot.rstrip("2")
        listed = domain.lists.get(name) or self.classes.values.get(name)
        while True:
            v = self.rnd.choice(listed) if listed else self.made.value(name)
            if v not in taken:
                return self.capitals(name, v)

    def nearby(self, value):
        """The value with one digit changed or two exchanged, where it has digits."""
        digits = [i for i, c in enumerate(value) if c.isdigit()]
        if not digits or self.rnd.random() < 0.4:
            return None
        i = self.rnd.choice(digits)
        if len(digits) > 1 and self.rnd.random() < 0.3 and value[digits[0]] != value[digits[1]] and digits[1] == digits[0] + 1:
            a, b = digits[:2]
            return value[:a] + value[b] + value[a] + value[b + 1:]
        return value[:i] + self.rnd.choice([d for d in "123456789" if d != value[i]]) + value[i + 1:]

    def capitals(self, name, value):
        if name in NAMES and self.rnd.random() < 0.6:
            return " ".join(w if w in ("of", "the") else w[:1].upper() + w[1:] for w in value.split())
        return value

    def pair(self, left, right, alike, kind):
        """Both sides in words; at times with the same background, so that it says nothing about the answer."""
        background = [self.background(left[0]), self.background(right[0])]
        if self.rnd.random() < 0.2:
            background = [background[0] or background[1]] * 2
        return self.say(*left, background[0]), self.say(*right, background[1]), alike, kind

    def background(self, intent):
        """Some sentences of the domain, at times a generic one as well; often none."""
        lines = intent.domain.background
        if self.rnd.random() > (0.6 if len(lines) > 14 else 0.3):
            return []
        picked = self.rnd.sample(lines, min(self.rnd.choice([1, 1, 1, 2, 2, 3]), len(lines)))
        for _ in range(2):  # a value may hold slots itself
            picked = [SLOT.sub(lambda m: self.value(intent.domain, m[1], set()), s) for s in picked]
        if self.rnd.random() < 0.25:
            picked.append(self.same.fill(self.rnd.choice(self.same.padding["story"])))
        return picked

    def say(self, intent, wording, values, background):
        """One wording with its values, at times with background, politeness, typos and other surface forms."""
        known = dict(values)

        def fill(m):
            if m[1] not in known:
                known[m[1]] = self.value(intent.domain, m[1], set(known.values()))
            return self.rnd.choice(known[m[1]].split(" / "))

        text = SLOT.sub(fill, wording)
        r = self.rnd.random
        if r() < 0.25:
            text = self.same.synonym(text) or text
        if r() < 0.15:
            text = self.same.frame(text) or text
        if r() < 0.1:
            text = self.same.notation(text) or text
        if background:
            text = self.around(text, background)
        if r() < 0.12:
            text = self.same.polite(text)
        if r() < 0.1:
            text = self.same.typo(text) or text
        return self.finish(text)

    def around(self, text, background):
        """The question before, after or between the sentences."""
        text = text[:1].upper() + text[1:]
        if text[-1:] not in ".?!":
            text += "?" if re.match(r"(?i)(how|what|where|when|why|who|which|can|is|are|do|does|may|should)\b", text) else "."
        out = list(background)
        out.insert(self.rnd.choice([0, len(out), len(out), self.rnd.randint(0, len(out))]), text)
        return " ".join(out)

    def finish(self, text):
        r = self.rnd.random()
        if r < 0.4:
            return text
        if r < 0.6:
            return text.lower()
        text = text[:1].upper() + text[1:]
        return text + "?" if text[-1:] not in ".?!" and r < 0.8 else text


def overlap(x, y):
    a, b = set(x.lower().split()), set(y.lower().split())
    return len(a & b) / max(1, min(len(a), len(b)))
