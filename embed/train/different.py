"""Changes a question as little as possible so that it deserves another answer."""

import re

import lexicon
from same import bare

NUMBER_WORDS = "two three four five six seven eight nine ten eleven twelve twenty thirty fifty hundred".split()
UNORDERED = re.compile(r"\b(between|differ|difference|compare|versus|vs|or|and|both|together|relationship|combine|common|mix)\b", re.I)
DIRECTED = re.compile(r"\b(to|into|than|from|in|over|against|for|by|of|on|with|beat|defeat|hate|love|owe|buy|better|worse|before|after|under)\b")
AFFIRM = {"don't": "do", "doesn't": "does", "isn't": "is", "aren't": "are", "can't": "can", "won't": "will", "didn't": "did",
          "cannot": "can", "shouldn't": "should", "couldn't": "could", "wasn't": "was"}
HAVE = {"have": "do not have", "contain": "do not contain", "include": "do not include", "use": "do not use",
        "support": "do not support", "require": "do not require"}

# pattern, replacement; the first group of a pattern is kept where the replacement says so
NEGATIONS = [
    (r"\b(how (?:to|can I|do I|do you|should I|can you)) ", r"\1 not "),
    (r"\b(should|can|could|may|must|will|would|do|does|did) (I|we|you|they|he|she|it) ", r"\1 \2 not "),
    (r"\bwhy (do|does|did|is|are|can|should|would|has|have|was|were) ", r"why \1n't "),
    (r"\b((?:which|what|who)(?: \w+)? (?:is|are|can|do|does|has|have|should|was|were)) ", r"\1 not "),
    (r"\b(that|which|who) (are|is|can|was|were) ", r"\1 \2 not "),
    (r"\bwithout ", "with "), (r"\bwith ", "without "),
    (r"\b([Ww]ays|[Tt]ips|[Rr]easons|[Bb]est way) to ", r"\1 not to "),
    (r"\b(I|you|we|they) (can|could|do|will|would|should|did) ", r"\1 \2 not "),
    (r"\b(I|we|they) (want|need|like|have|use|eat|work|live)\b", r"\1 don't \2"),
    (r"\bto (avoid|prevent|stop) ", "to get "), (r"\bneed to ", "need not to "), (r"\ballowed\b", "forbidden"),
    (r"\brequired\b", "optional"), (r"\bpossible\b", "impossible"), (r"\b(is|are|was|were) (a|an|the) ", r"\1 not \2 "),
    (r"\b(is it|are there|is there) ", r"\1 not "), (r"\bever\b", "never"), (r"\bany\b", "no"), (r"\bonly\b", "not only"),
    (r"\ball\b", "none of the"), (r"\bexcept\b", "including"), (r"\bincluding\b", "except"), (r"\b(is|are|was|were) ", r"\1 not "),
]
OTHER_QUESTIONS = [
    (r"^what is (?=the |a |an )", "who invented "), (r"^who is ", "how old is "), (r"^who is ", "where is "),
    (r"^how (?:can|do) I ", "why should I "), (r"^how to ", "why "), (r"^where (can|do) I ", r"when \1 I "),
    (r"^when (did|was|is) ", r"where \1 "), (r"^where (did|was|is) ", r"when \1 "), (r"^why (do|does|did|is|are) ", r"when \1 "),
    (r"\bhow much\b", "how often"), (r"\bhow many\b", "which"), (r"\bhow long\b", "how often"), (r"\bhow far\b", "how long"),
    (r"\bhow old\b", "how tall"), (r"\bbest way\b", "fastest way"), (r"\bbest\b", "cheapest"), (r"\bbest\b", "most popular"),
    (r"\b(largest|biggest|tallest|highest|longest|oldest|fastest|most)\b", r"second \1"), (r"\bmeaning of\b", "origin of"),
    (r"\bcost of\b", "duration of"), (r"^what causes ", "what cures "), (r"^what are the ", "how many "), (r"\bcauses\b", "effects"),
    (r"^define ", "spell "), (r"^what does (.*) mean", r"who said \1"), (r"^write ", "review "), (r"^summarize ", "translate "),
    (r"^list ", "count "), (r"\bwho wrote\b", "who published"), (r"\bwho sang\b", "who wrote"), (r"\bwho plays\b", "who voices"),
    (r"\bhow to make\b", "how to store"), (r"\bhow to use\b", "how to clean"), (r"\bhow does\b", "why does"), (r"\bfirst\b", "most recent"),
    (r"^should I ", "can I "), (r"^can I ", "must I "), (r"^can I ", "why can I "), (r"^do I (?:have|need) to ", "am I allowed to "),
    (r"\bmust\b", "may"), (r"\bcan\b", "should"), (r"\bwill\b", "did"), (r"\bis\b", "was"), (r"\bwas\b", "will be"), (r"\bare\b", "were"),
    (r"\bused to\b", "going to"), (r"\bat least\b", "at most"), (r"\bmore than\b", "less than"), (r"\bbefore\b", "during"),
    (r"\bper day\b", "per week"), (r"\bper month\b", "per year"), (r"\bexample\b", "definition"), (r"\bevery\b", "every second"),
    (r"\bwho won\b", "who lost"), (r"\bhow tall\b", "how old"), (r"\bwhere\b", "when"), (r"\bwhen\b", "where"),
    (r"\bsymptoms\b", "stages"), (r"\btreat\b", "diagnose"), (r"\bbuy\b", "return"), (r"\bin\b", "outside"), (r"\bmy\b", "my neighbor's"),
]


class Different:
    """The changes; each returns None where it does not apply."""

    def __init__(self, rnd, names):
        self.rnd = rnd
        self.names = names  # names from other questions, for one-sided proper names
        self.classes = lexicon.Classes()
        self.opposites = lexicon.Couples("opposites.txt")
        self.constraints = lexicon.constraints()

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
        fitting = [(p, r) for p, r in NEGATIONS if re.search(p, text)] or \
                  [(p, r) for p, r in NEGATIONS if re.search(p, text, re.I)]
        return self.substitute(text, fitting)

    def other_question(self, text):
        return self.substitute(text, [(p, r) for p, r in OTHER_QUESTIONS if re.search(p, text, re.I)])

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
