"""The goldens' texts, made from templates, Unicode samples and a fixed seed."""

import random

SEED = 20240607

THINGS = """password|invoice|subscription|database|laptop|webhook|garden hose|passport|router|API key|calendar|
payment method|docker image|guitar|mortgage|sourdough starter|bicycle chain|tax return|kernel module|visa application|
two-factor login|refund|search index|washing machine|index fund|migraine|goroutine|time zone|train ticket|unit test""".replace("\n", "").split("|")
ACTIONS = """reset|cancel|update|enable|disable|export|delete|restore|repair|rename|share|schedule|verify|replace|
compare|configure|encrypt|download|install|move""".replace("\n", "").split("|")
PLACES = "Berlin|São Paulo|Kraków|東京|Reykjavík|Nairobi|Québec|Đà Nẵng|Αθήνα|Москва|서울|القاهرة".split("|")
QUESTIONS = [
    "How do I {a} my {t}?",
    "how to {a} a {t}",
    "I want to {a} the {t} that I bought on {d}, is that possible?",
    "Can you {a} {n} of my {t}s before {d}?",
    "What is the difference between a {t} and a {u}?",
    "My {t} stopped working after I tried to {a} it. Error code {n}.",
    "Please {a} the {t} for our office in {p} and send the receipt to team{n}@example.com.",
    "Why does the {t} need a {u}?",
    "Write a short poem about a {t} in {p}.",
    "Explain like I'm five: why would anyone {a} a {t}?",
    "{t}",
    "{a} {t} {u}",
    "Summarise this in {n} words: the {t} was fine until somebody decided to {a} the {u}; since then nothing works.",
    "Translate 'please {a} the {t}' to the language they speak in {p}",
    "SELECT * FROM orders WHERE item = '{t}' AND quantity > {n};",
    "def {a}_{v}(x): return x * {n}  # what does this do?",
    "Is it cheaper to {a} or to {b} a {t} at {n}% interest?",
    "Where in {p} can I find someone to {a} a {t} on a Sunday?",
    "the {t} is NOT {b}d!!! WHY?!",
    "git commit -m \"{a} {v}\" && git push --force",
]
CLAUSES = [
    "I have already tried to {a} the {t}, but nothing changed.",
    "The manual says that one should {a} the {u} first.",
    "It happened {n} times since {d}.",
    "A friend in {p} has the same {t} and no problem at all.",
    "Support told me to wait, and then to {b} everything.",
    "If that does not work, should I {b} the {u} instead?",
    "The message reads: cannot {a} {v}: permission denied.",
    "I would rather not lose the {u}.",
]
WORD_PARTS = "un|re|anti|hyper|tele|micro|photo|bio|geo|trans|form|graph|log|ment|tion|able|less|ness|ing|ized|ology".split("|")
EMOJI = "😀🙃🤖👍🏽👩‍💻👨‍👩‍👧‍👦🇩🇪🇧🇷❤️✅🚀🔥💡🧪🥑☃️⚡️🎉"
SCRIPTS = [
    (0x00A1, 0x024F), (0x0250, 0x02FF), (0x0300, 0x036F), (0x0370, 0x03FF), (0x0400, 0x052F), (0x0531, 0x058A),
    (0x0591, 0x05F4), (0x0600, 0x06FF), (0x0900, 0x097F), (0x0980, 0x09FB), (0x0B80, 0x0BFA), (0x0E01, 0x0E5B),
    (0x0F00, 0x0FD4), (0x10A0, 0x10FF), (0x1100, 0x11FF), (0x13A0, 0x13F5), (0x1E00, 0x1EFF), (0x1F00, 0x1FFE),
    (0x2000, 0x206F), (0x2070, 0x209C), (0x20A0, 0x20BF), (0x2100, 0x218B), (0x2190, 0x23FF), (0x2460, 0x26FF),
    (0x2C00, 0x2C5F), (0x3000, 0x303F), (0x3041, 0x30FF), (0x3400, 0x3440), (0x4E00, 0x9FA5), (0xAC00, 0xD7A3),
    (0xF900, 0xFA6D), (0xFB00, 0xFB4F), (0xFE30, 0xFE6F), (0xFF01, 0xFFEE), (0x10400, 0x1044F), (0x1D400, 0x1D7FF),
    (0x1F300, 0x1F64F), (0x20000, 0x20040), (0x2F800, 0x2FA1D),
]
CONTROLS = [0, 1, 7, 8, 9, 10, 11, 12, 13, 0x1B, 0x1C, 0x1F, 0x7F, 0x80, 0x85, 0x9F, 0xA0, 0xAD, 0x200B, 0x200D,
            0x200E, 0x2028, 0x2029, 0x202E, 0x2060, 0x3000, 0xFEFF, 0xFFFD, 0xE000]


def for_vectors():
    """500 texts that people ask, of one word up to about 200 tokens."""
    rnd = random.Random(SEED)
    out = ["", "?", "a", "hello", "42", "日本語の質問です", "Où est la bibliothèque ?", "🚀🚀🚀", "¿Cómo cambio mi contraseña?"]
    while len(out) < 400:
        out.append(question(rnd))
    while len(out) < 500:
        out.append(paragraph(rnd, rnd.randint(2, 9)))
    return out


def for_tokens():
    """5,000 texts, most of them hostile."""
    rnd = random.Random(SEED + 1)
    kinds = [question, mixed, scripts, accents, controls, long_words, punctuation, emoji, cased, anything]
    out = ["", " ", "\t\n", "[CLS]", "a[SEP]b", "[MASK] [unk] [PAD]", "x" * 100, "x" * 101, "é" * 100, "é" * 101]
    while len(out) < 5000:
        out.append(kinds[len(out) % len(kinds)](rnd))
    return out


def fill(rnd, template):
    return template.format(
        a=rnd.choice(ACTIONS), b=rnd.choice(ACTIONS), t=rnd.choice(THINGS), u=rnd.choice(THINGS),
        p=rnd.choice(PLACES), n=rnd.randint(2, 9000), d=f"{rnd.randint(1, 28)}/{rnd.randint(1, 12)}/20{rnd.randint(10, 29)}",
        v=rnd.choice(THINGS).replace(" ", "_").replace("-", ""))


def question(rnd):
    return fill(rnd, rnd.choice(QUESTIONS))


def paragraph(rnd, clauses):
    return " ".join([question(rnd)] + [fill(rnd, rnd.choice(CLAUSES)) for _ in range(clauses)])


def mixed(rnd):
    return " ".join(rnd.choice([question, scripts, emoji, long_words, accents])(rnd) for _ in range(3))


def scripts(rnd):
    low, high = rnd.choice(SCRIPTS)
    words = ["".join(chr(rnd.randint(low, high)) for _ in range(rnd.randint(1, 7))) for _ in range(rnd.randint(1, 6))]
    return " ".join(words)


def accents(rnd):
    """Composed and decomposed accents in Latin words, two marks at times."""
    out = []
    for char in question(rnd):
        out.append(char)
        while char.isalpha() and rnd.random() < 0.2:
            out.append(chr(rnd.choice([0x300, 0x301, 0x302, 0x303, 0x308, 0x30A, 0x327, 0x328, 0x323, 0x335])))
        if rnd.random() < 0.1:
            out.append(rnd.choice("éÈüÖçñÅøßæŒİıŁđþðſﬁǅ"))
    return "".join(out)


def controls(rnd):
    text = list(question(rnd))
    for _ in range(rnd.randint(1, 8)):
        text.insert(rnd.randint(0, len(text)), chr(rnd.choice(CONTROLS)))
    return "".join(text)


def long_words(rnd):
    words = ["".join(rnd.choice(WORD_PARTS) for _ in range(rnd.randint(1, 26))) for _ in range(3)]
    return " ".join(words) + " " + "".join(rnd.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(rnd.randint(1, 130)))


def punctuation(rnd):
    marks = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~–—‘’“”…¡¿«»、。「」〈〉·§¶†‡•‰′″※‽⁂€£¥©®™°±×÷"
    return "".join(rnd.choice([rnd.choice(marks), rnd.choice(THINGS), " "]) for _ in range(rnd.randint(1, 30)))


def emoji(rnd):
    return "".join(rnd.choice([rnd.choice(EMOJI), rnd.choice(THINGS) + " "]) for _ in range(rnd.randint(1, 12)))


def cased(rnd):
    text = question(rnd)
    return rnd.choice([text.upper(), text.title(), text.swapcase(), text.replace(" ", "_"), text.replace(" ", "")])


def anything(rnd):
    """Any code points, assigned or not."""
    out = []
    while len(out) < rnd.randint(1, 40):
        point = rnd.choice([rnd.randint(1, 0x7F), rnd.randint(0x80, 0xFFF), rnd.randint(0x1000, 0xFFFF), rnd.randint(0x10000, 0x10FFFF)])
        if not 0xD800 <= point <= 0xDFFF:
            out.append(chr(point))
    return "".join(out)
