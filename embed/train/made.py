"""Values of slots that are made and not listed: numbers, codes, versions, dates, amounts, file names."""

LETTERS = "ABCDEFGHKLMNPRSTUVWX"


class Made:
    """value(slot) draws a value, or returns None for a slot that it does not know."""

    def __init__(self, rnd, months):
        self.rnd, self.months = rnd, [m.title() for m in months]

    def value(self, slot):
        maker = getattr(self, "make_" + slot, None)
        return maker() if maker else None

    def between(self, low, high):
        return self.rnd.randint(low, high)

    def letters(self, n):
        return "".join(self.rnd.choice(LETTERS) for _ in range(n))

    def make_n(self):
        return str(self.rnd.choice([self.between(2, 12), self.between(2, 99), self.between(100, 999)]))

    def make_year(self):
        return str(self.between(1950, 2026))

    def make_age(self):
        return str(self.between(17, 80))

    def make_number(self):
        return str(self.between(2, 400))

    def make_digit(self):
        return str(self.between(1, 12))

    def make_id(self):
        return self.rnd.choice([str(self.between(1000, 99999)), f"{self.letters(2)}-{self.between(100, 9999)}",
                                f"#{self.between(100, 9999)}"])

    def make_code(self):
        return self.rnd.choice([f"{self.letters(1)}{self.between(1, 99)}", str(self.between(100, 9999)),
                                f"0x{self.between(4096, 65535):x}", f"{self.letters(3)}-{self.between(10, 999)}"])

    def make_version(self):
        return self.rnd.choice([f"{self.between(1, 9)}.{self.between(0, 20)}", str(self.between(2, 30)),
                                f"v{self.between(1, 5)}.{self.between(0, 9)}.{self.between(0, 9)}"])

    def make_model(self):
        return self.rnd.choice([f"{self.letters(2)}{self.between(10, 999)}", f"{self.letters(3)}-{self.between(100, 9000)}",
                                f"{self.letters(1)}{self.between(1, 9)} Pro", f"Series {self.between(2, 12)}"])

    def make_flight(self):
        return f"{self.letters(2)}{self.between(10, 4000)}"

    def make_quarter(self):
        return f"q{self.between(1, 4)}"

    def make_clock(self):
        return self.rnd.choice([f"{self.between(1, 12)} {self.rnd.choice(['am', 'pm'])}", f"{self.between(13, 23)}:00",
                                f"{self.between(1, 12)}:{self.rnd.choice(['15', '30', '45'])}"])

    def make_date(self):
        month, day = self.rnd.choice(self.months), self.between(1, 28)
        return self.rnd.choice([f"{month} {day}", f"{day} {month} {self.between(1990, 2026)}"])

    def make_money(self):
        return self.rnd.choice([f"${self.between(1, 99) * 50}", f"{self.between(2, 95)}000 dollars",
                                f"{self.between(5, 900)} euros"])

    def make_percent(self):
        return self.rnd.choice([f"{self.between(2, 60)}%", f"{self.between(2, 60)} percent", f"{self.between(1, 9)}.5%"])

    def make_ip(self):
        return f"10.{self.between(0, 9)}.{self.between(0, 99)}.{self.between(1, 254)}"

    def make_file(self):
        stem = self.rnd.choice(["report", "main", "notes", "backup", "data", "index", "config"])
        return stem + self.rnd.choice(["", "_old", "2", "_final"]) + self.rnd.choice([".txt", ".py", ".csv", ".pdf", ".json"])

    def make_ident(self):
        return "_".join([self.rnd.choice(["get", "load", "parse", "send", "make"]),
                         self.rnd.choice(["user", "order", "file", "token", "page", "rows"])])
