"""Rewrites a question so that the right answer stays the same."""

import re

import lexicon

CONTRACTIONS = [c.split("/") for c in """what is/what's|what are/what're|who is/who's|how is/how's|where is/where's|
do not/don't|does not/doesn't|is not/isn't|are not/aren't|cannot/can't|I am/I'm|I have/I've|will not/won't|did not/didn't|
it is/it's|you are/you're|should not/shouldn't|i am/im|i have/ive|do not/dont|cannot/cant""".replace("\n", "").split("|")]
NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve".split()
STOP = set("""a an the is are was were do does did of to in on for i me my please can could you tell would like want how what's
be have has it there this that""".split())
CHAT = [c.split("/") for c in """you/u|are/r|please/pls|people/ppl|because/bc|thanks/thx|with/w|without/w\\/o|before/b4|to/2|your/ur|
really/rly|about/abt|what/wat|though/tho|something/smth|probably/prob""".replace("\n", "").replace("\\/", "\0").split("|")]
AGES = range(19, 78)
MONTHS = "(January|February|March|April|May|June|July|August|September|October|November|December)"
NOTATIONS = [
    (r"\$(\d+(?:\.\d\d)?)\b(?![,.]\d)", [r"\1 dollars", r"\1 usd", r"\1 $", r"USD \1"]),
    (r"\b(\d+) (?:dollars|usd)\b", [r"$\1", r"\1 bucks", r"US$\1"]),
    (r"€(\d+)\b", [r"\1 euros", r"\1 eur"]), (r"\b(\d+) euros\b", [r"€\1", r"\1 eur"]),
    (r"\b(\d{1,2}) ?(am|pm)\b", [r"\1 \2", r"\1:00 \2", r"\1\2", r"\1 o'clock \2"]),
    (r"\b" + MONTHS + r" (\d{1,2})\b(?!\d)", [r"\2 \1", r"the \2th of \1"]), (r"\b(\d{1,2}) " + MONTHS + r"\b", [r"\2 \1"]),
    (r"\b(\d+),(\d{3})\b", [r"\1\2"]), (r"\b(\d+)000\b", [r"\1,000", r"\1k", r"\1 thousand"]), (r"\b(\d+)k\b", [r"\g<1>000", r"\1,000"]),
    (r"(\d) ?%", [r"\1 percent", r"\1 per cent", r"\1%"]), (r"\b(\d+) percent\b", [r"\1%"]),
    (r"\b(\d+)(km|kg|mg|cm|gb|mb|lbs)\b", [r"\1 \2"]), (r"\b(\d+) (km|kg|mg|cm|gb|mb|lbs)\b", [r"\1\2"]),
    (r"\bfirst\b", ["1st"]), (r"\bsecond\b", ["2nd"]), (r"\bthird\b", ["3rd"]), (r"\b1st\b", ["first"]), (r"\b2nd\b", ["second"]),
]


class Same:
    """The rewrites; each returns None where it does not apply."""

    def __init__(self, rnd):
        self.rnd = rnd
        self.synonyms = lexicon.Couples("synonyms.txt")
        self.short = lexicon.Couples("abbreviations.txt")
        self.frames = lexicon.Frames()
        self.padding = lexicon.padding()
        self.classes = lexicon.Classes()

    def rewrite(self, text, edits=None):
        """Some rewrites in a row: the strong ones first, the surface last. None where nothing applied."""
        edits = edits or self.rnd.choice([1, 1, 2, 2, 3, 4])
        strong = [self.frame, self.symmetric, self.abbreviate, self.synonym, self.synonym, self.number, self.notation, self.front]
        weak = [self.polite, self.detail, self.contraction, self.typo, self.keywords, self.chat]
        steps = [s for s in strong if self.rnd.random() < 0.8] + self.rnd.sample(weak, 3)
        out = text
        for step in steps:
            if edits == 0:
                break
            changed = step(out)
            if changed and changed != out:
                out, edits = changed, edits - 1
        if self.rnd.random() < 0.12:
            out = self.story(out)
        out = self.surface(out)
        return out if out != text else None

    def frame(self, text):
        body = bare(text)
        if re.search(r"[?.!]\s", body) or len(body) > 120:
            return None
        for pattern, forms in self.rnd.sample(self.frames.all, len(self.frames.all)):
            m = pattern.match(body)
            if m:
                out = self.rnd.choice(forms)
                for i, group in enumerate(m.groups(), 1):
                    out = out.replace(f"%{i}", group)
                return out if out.lower() != body.lower() else None
        return None

    def synonym(self, text):
        return self.other_word(text, self.synonyms)

    def abbreviate(self, text):
        return self.other_word(text, self.short)

    def other_word(self, text, couples):
        found = list(couples.pattern.finditer(text))
        if not found:
            return None
        m = self.rnd.choice(found)
        return lexicon.put(text, m, self.rnd.choice(couples.of[m[0].lower()]))

    def symmetric(self, text):
        """Exchanges the two sides of what has no order."""
        m = re.search(r"\b(between|compare) (\w[\w +#-]{0,25}?) (and|with|to) (\w[\w +#-]{0,25}?)(\?|$)", text)
        if m:
            return text[:m.start(2)] + f"{m[4]} {m[3]} {m[2]}" + text[m.end(4):]
        m = re.search(r"^(\w[\w +#-]{0,20}?) (vs\.?|versus|or) (\w[\w +#-]{0,20}?)(\?|$)", text)
        if m:
            return f"{m[3]} {m[2]} {m[1]}" + text[m.end(3):]
        m = re.search(r"\b(\w+) (and|or|&) (\w+)\b", text)
        kinds = [set(self.classes.of.get(m[i].lower(), ())) for i in (1, 3)] if m else [set(), set()]
        return text[:m.start()] + f"{m[3]} {m[2]} {m[1]}" + text[m.end():] if kinds[0] & kinds[1] else None

    def number(self, text):
        m = re.search(r"(?<![\d.,$€£-])\b([2-9]|1[0-2])\b(?![.,:%/-]?\d)", text)
        if m:
            return text[:m.start()] + NUMBERS[int(m[1])] + text[m.end():]
        m = re.search(r"\b(" + "|".join(NUMBERS[2:]) + r")\b", text)
        return text[:m.start()] + str(NUMBERS.index(m[1])) + text[m.end():] if m else None

    def notation(self, text):
        """Other ways to write an amount, a time, a date: $5 and 5 dollars, 5pm and 5:00 pm, May 3 and 3 May."""
        for pattern, forms in NOTATIONS:
            m = re.search(pattern, text)
            if m:
                out = text[:m.start()] + m.expand(self.rnd.choice(forms)) + text[m.end():]
                if out != text:
                    return out
        return None

    def front(self, text):
        """Moves "in 1990", "in France", "if ..." or "when ..." from one end to the other."""
        body = bare(text)
        m = re.match(r"^((?:if|when|after|before|while) [^,?.]{8,60}), (\w[^,?.]{8,80})$", body, re.I)
        if m:
            return f"{m[2]} {lower_first(m[1])}"
        m = re.match(r"^(\w[^,?.]{12,80}) ((?:if|when|after|before|while) (?:i|you|we|my|the|a|he|she) [^,?.]{6,60})$", body, re.I)
        if m:
            return f"{m[2]}, {lower_first(m[1])}"
        m = re.match(r"^(.{12,80}) (in (?:the )?(?:\d{4}|[A-Z][a-z]+)|on (?:a )?\w+day|during \w+)$", body)
        return f"{m[2]}, {lower_first(m[1])}" if m else None

    def polite(self, text):
        r = self.rnd.random()
        before, after = self.rnd.choice(self.padding["before"]), self.rnd.choice(self.padding["after"])
        if r < 0.55:
            return f"{before} {lower_first(text)}"
        if r < 0.8:
            return self.join(bare(text), after)
        return self.join(f"{before} {lower_first(bare(text))}", after)

    def detail(self, text):
        """Adds something that does not matter behind the question."""
        return self.join(bare(text), self.fill(self.rnd.choice(self.padding["detail"])))

    def join(self, text, after):
        if after[0] in ",?;":
            return text + after
        return text + (" " if text[-1:] in "?.!,:" else self.rnd.choice([", ", ". "])) + after

    def story(self, text, sentences=None):
        """Puts background around the question that does not change the answer."""
        n = sentences or self.rnd.choice([1, 1, 2, 3])
        picked = [self.fill(s) for s in self.rnd.sample(self.padding["story"], n)]
        at = self.rnd.randint(0, n) if self.rnd.random() < 0.5 else n
        question = text if text.rstrip()[-1:] in "?.!" else text.rstrip() + self.rnd.choice(["?", ".", "?"])
        picked.insert(at, question[:1].upper() + question[1:])
        return " ".join(picked)

    def fill(self, sentence):
        """A sentence of background with its slots filled."""
        def value(m):
            name = m[1]
            if name == "age":
                return str(self.rnd.choice(AGES))
            if name == "relday_past":
                return self.rnd.choice(["yesterday", "last night", "the other day", "on Sunday"])
            v = self.rnd.choice(self.classes.values[name])
            return v.title() if name in ("month", "weekday", "app", "city", "country") else v
        return re.sub(r"\{(\w+)\}", value, sentence)

    def contraction(self, text):
        for pair in self.rnd.sample(CONTRACTIONS, len(CONTRACTIONS)):
            for x, y in (pair, pair[::-1]):
                m = re.search(r"(?<!\w)" + re.escape(x) + r"(?!\w)", text, re.I)
                if m:
                    return text[:m.start()] + (y[:1].upper() + y[1:] if m[0][:1].isupper() else y) + text[m.end():]
        return None

    def typo(self, text):
        """Drops, doubles or exchanges a letter of a longer word that is not a value."""
        words = [m for m in re.finditer(r"[a-z]{5,}", text) if not self.classes.pattern.fullmatch(m[0])]
        if not words:
            return None
        m = self.rnd.choice(words)
        w, i, r = m[0], self.rnd.randint(1, len(m[0]) - 2), self.rnd.random()
        new = w[:i] + w[i + 1:] if r < 0.35 else w[:i] + w[i + 1] + w[i] + w[i + 2:] if r < 0.75 else w[:i] + w[i] + w[i:]
        return text[:m.start()] + new + text[m.end():]

    def keywords(self, text):
        """What one types into a search box."""
        words = bare(text).split()
        if not 4 <= len(words) <= 12 or re.search(r"\b(not|no|n't|without|never|from|to)\b", text):
            return None
        first = words[0].lower()
        kept = [w for i, w in enumerate(words) if w.lower() not in STOP and not (i == 0 and first == "what")]
        return " ".join(kept).lower() if len(kept) >= 2 else None

    def chat(self, text):
        out = text
        for long, short in CHAT:
            if self.rnd.random() < 0.5:
                out = re.sub(rf"\b{long}\b", short.replace("\0", "/"), out)
        return out

    def surface(self, text):
        """Capitals and the mark at the end."""
        r = self.rnd.random()
        if r < 0.35:
            return text
        if r < 0.6:
            return bare(text).lower()
        if r < 0.7:
            return bare(text)
        if r < 0.9:
            out = text[:1].upper() + text[1:]
            return out if out[-1:] in "?.!" else out + "?"
        return text.upper() if r < 0.92 and len(text) < 60 else text.lower()


def bare(text):
    return re.sub(r"\s*[?.!]+\s*$", "", text)


def lower_first(text):
    if len(text) > 1 and (text[1].isupper() or text[:2] in ("I ", "I'")):
        return text
    return text[:1].lower() + text[1:]
