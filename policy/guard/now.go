// Questions about now, whose answers age at once.

package guard

// AsksNow reports whether the answer depends on when it is asked: "today", "the
// latest", "this week", "open now", the weather. A name of a month or a year
// does not make it so.
func (t *Text) AsksNow() bool {
	if t.rest != nil {
		return t.rest.AsksNow()
	}
	for _, m := range t.moments {
		if m.kind == relativeDay || m.kind == period {
			return true
		}
	}
	for at := range t.tokens {
		if t.is(at, present) && t.isOfNow(at) {
			return true
		}
	}
	return false
}

// isOfNow tells whether a word that may mean the present does.
func (t *Text) isOfNow(at int) bool {
	before, next := t.word(at-1), t.word(at+1)
	switch t.word(at) {
	case "now":
		return at > 0 && (next == "" || before == "right" || before == "open" || before == "until" || before == "as" || t.pauses(at+1))
	case "current":
		return !t.is(at+1, afterCurrent) && !t.is(at-1, beforeCurrent) && next != ""
	case "moment":
		return before == "the" && t.word(at-2) == "at"
	case "far":
		return before == "so"
	case "price", "prices":
		return before == "stock" || before == "share"
	case "rate", "rates":
		return before == "exchange"
	case "days":
		return before == "these"
	case "night":
		return before == "last"
	case "morning", "evening", "afternoon":
		return before == "this"
	case "weather", "forecast":
		return !t.namesMonth()
	}
	return true
}

func (t *Text) namesMonth() bool {
	for _, m := range t.moments {
		if m.kind == monthOfYear || m.kind == dayOfYear {
			return true
		}
	}
	return false
}
