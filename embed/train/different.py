"""Changes a question as little as possible so that it deserves another answer."""

import re

import lexicon
from same import bare

NUMBER_WORDS = "two three four five six seven eight nine ten eleven twelve twenty thirty fifty hundred".split()
UNORDERED = re.compile(r"\b(between|differ|difference|compare|versus|vs|or|and|both|together|relationship|combine|common"
                       r"|mix)\b", re.I)
DIRECTED = re.compile(r"\b(to|into|than|from|in|over|against|for|by|of|on|with|beat|defeat|hate|love|owe|buy|better|worse"
                      r"|before|after|under)\b")
AFFIRM = {"don't": "do", "doesn't": "does", "isn't": "is", "aren't": "are", "can't": "can", "won't": "will",
          "didn't": "did", "cannot": "can", "shouldn't": "should", "couldn't": "could", "wasn't": "was"}


class Different:
    """The changes; each returns None where it does not apply."""

    def __init__(self, rnd, names):
        self.rnd = rnd
        self.names = names  # names from other questions, for one-sided proper names
        self.classes = lexicon.Classes()
        self.opposites = lexicon.Couples("opposites.txt")
        self.constraints = lexicon.constraints()
        self.negations = lexicon.substitutions("negations.txt")
        self.other_questions = lexicon.substitutions("other_questions.txt")

    def change(self, text):
        """(changed text, kind); rare chances are tried first. (None, None) where nothing applied."""
        r = self.rnd.random
        order = sorted([(r(), self.number), (r() * 0.5, self.turn), (r() * 1.0, self.opposite), (r() * 0.9, self.value),
                        (r() * 1.5, self.negation), (r() * 1.9, self.other_question), (r() * 1.3, self.name),
                        (r() * 2.6, self.constraint)], key=lambda x: x[0])
        for _, step in order:
            out = step(text)
            if out and bare(out).lower() != bare(text).lower():
                return out, step.__name__
        return None, None

    def number(self, text):
        found = list(re.finditer(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?![\w]*\d)", text))
        if not found:
            word = re.search(r"\b(" + "|".join(NUMBER_WORDS) + r")\b", text)
            return lexicon.put(text, word, self.rnd.choice([w for w in NUMBER_WORDS if w != word[0]])) if word else None
        m = self.rnd.choice(found)
        new = self.other_number(m[0])
        return text[:m.start()] + new + text[m.end():] if new and new != m[0] else None

    def other_number(self, text):
        plain = text.replace(",", "").rstrip(".")
        if "." in plain:
            return str(round(float(plain) * self.rnd.choice([0.5, 2, 1.1, 0.9, 3, 10]), 2))
        v = int(plain[:12] or 0)
        if 1500 <= v <= 2035:
            choices = [v + d for d in (-1, 1, -2, 2, -5, 5, -10, -20, 8)]
        elif v <= 12:
            choices = range(1, 13)
        else:
            choices = [v + 1, v - 1, v * 2, v * 10, v // 2, v + 5, v + 10, v + self.rnd.randint(2, 40), swapped(v)]
        choices = [c for c in choices if c != v and c > 0]
        new = self.rnd.choice(choices) if choices else v + 1
        return f"{new:,}" if "," in text else str(new)

    def value(self, text):
        found = list(self.classes.pattern.finditer(text))
        if not found:
            return None
        m = self.rnd.choice(found)
        others = [v for v in self.classes.others(m[0], self.rnd) if v not in text.lower()]
        return lexicon.put(text, m, self.rnd.choice(others)) if others else None

    def turn(self, text):
        """Exchanges the two ends of a direction, or two values on both sides of a directed word."""
        m = re.search(r"\bfrom (\w[\w.'-]*(?: [A-Z]\w+)?) to (\w[\w.'-]*(?: [A-Z]\w+)?)", text)
        if m and m[1].lower() != m[2].lower():
            return text[:m.start(1)] + m[2] + text[m.end(1):m.start(2)] + m[1] + text[m.end(2):]
        found = list(self.classes.pattern.finditer(text))
        for a, b in zip(found, found[1:]):
            between = text[a.end():b.start()]
            alike = set(self.classes.of[a[0].lower()]) & set(self.classes.of[b[0].lower()])
            if alike and a[0].lower() != b[0].lower() and DIRECTED.search(between) \
                    and not UNORDERED.search(between) and not UNORDERED.search(text[:a.start()][-25:]):
                return text[:a.start()] + b[0] + between + a[0] + text[b.end():]
        return self.turn_names(text)

    def turn_names(self, text):
        """Exchanges two proper names that stand on both sides of a directed word."""
        found = list(re.finditer(r"(?<=[a-z,] )[A-Z][\w.-]+(?: [A-Z][\w.-]+)*", text))
        for a, b in zip(found, found[1:]):
            between = text[a.end():b.start()]
            if a[0] != b[0] and DIRECTED.search(between) and not UNORDERED.search(between) \
                    and not UNORDERED.search(text[:a.start()][-25:]) and self.rnd.random() < 0.5:
                return text[:a.start()] + b[0] + between + a[0] + text[b.end():]
        return None

    def opposite(self, text):
        found = list(self.opposites.pattern.finditer(text))
        if not found:
            return None
        m = self.rnd.choice(found)
        return lexicon.put(text, m, self.rnd.choice(self.opposites.of[m[0].lower()]))

    def negation(self, text):
        for plain, affirmed in AFFIRM.items():
            m = re.search(rf"\b{plain}\b", text, re.I)
            if m:
                return lexicon.put(text, m, affirmed)
        if re.search(r"\bnot\b", text):
            return re.sub(r"\bnot ", "", text, count=1)
        fitting = [(p, r) for p, r in self.negations if re.search(p, text)] or \
                  [(p, r) for p, r in self.negations if re.search(p, text, re.I)]
        return self.substitute(text, fitting)

    def other_question(self, text):
        return self.substitute(text, [(p, r) for p, r in self.other_questions if re.search(p, text, re.I)])

    def substitute(self, text, fitting):
        if not fitting:
            return None
        pattern, replacement = self.rnd.choice(fitting)
        out = re.sub(pattern, replacement, text, count=1, flags=re.I)
        return out[:1].upper() + out[1:] if text[:1].isupper() else out

    def name(self, text):
        """Another proper name in the place of one."""
        found = [m for m in re.finditer(r"(?<=[a-z,] )([A-Z][\w.+#-]*[a-z0-9](?: [A-Z][\w.-]+)*)", text) if len(m[0]) > 2]
        if not found or not self.names:
            return None
        m, new = self.rnd.choice(found), self.rnd.choice(self.names)
        return None if new.lower() in text.lower() else text[:m.start()] + new + text[m.end():]

    def constraint(self, text):
        new = self.rnd.choice(self.constraints)
        if new.split()[-1].lower() in text.lower() or len(text) > 140:
            return None
        m = re.match(r"^(.*?)(\s*[?.!]*)$", text, re.S)
        return f"{m[1]} {new}{m[2]}"


def swapped(v):
    """12345 -> 12354"""
    s = str(v)
    return int(s[:-2] + s[-1] + s[-2])
