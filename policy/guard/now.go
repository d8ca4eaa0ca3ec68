// Questions about now, whose answers age at once.

package guard

import "slices"

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
	word, before, next := t.word(at), t.word(at-1), t.word(at+1)
	if words, ok := presentAfter[word]; ok {
		return slices.Contains(words, before)
	}
	switch word {
	case "now":
		return at > 0 && (next == "" || before == "right" || before == "open" || before == "until" || before == "as" || t.pauses(at+1))
	case "current":
		return !t.is(at+1, afterCurrent) && !t.is(at-1, beforeCurrent) && next != ""
	case "moment":
		return before == "the" && t.word(at-2) == "at"
	case "weather", "forecast":
		return !t.namesMonth()
	}
	return true
}

// presentAfter are words that mean the present behind others alone.
var presentAfter = map[string][]string{
	"far": {"so"}, "price": {"stock", "share"}, "prices": {"stock", "share"}, "rate": {"exchange"}, "rates": {"exchange"}, "days": {"these"},
	"night": {"last"}, "morning": {"this"}, "evening": {"this"}, "afternoon": {"this"},
}

func (t *Text) namesMonth() bool {
	for _, m := range t.moments {
		if m.kind == monthOfYear || m.kind == dayOfYear {
			return true
		}
	}
	return false
}
