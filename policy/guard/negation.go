// Negation: one text denies what the other does not. And where speakers
// correct themselves, which is no denial.

package guard

import "strings"

// negationDiffers refuses where one text denies, the other does not, and they
// share most of what they are about. Texts with other words may say the same
// thing without a denial: "I can't log in", "my login fails"; "not legal" and
// "illegal".
func negationDiffers(a, b *Text) bool {
	onlyOne := a.denies(b) && len(b.denials) == 0 || b.denies(a) && len(a.denials) == 0
	return onlyOne && !a.hedged() && !b.hedged() && overlap(a.content, b.content) >= sameRest && !a.opposes(b)
}

// A denial is a place where a text denies something.
type denial struct {
	unless string // the denial holds against texts that have this word; "": against all
	of     string // what is denied: the next word that is not a filler
	aside  bool   // it stands in a sentence or clause of its own
}

// denies reports whether t denies something, read beside other. "Charge no
// fee" is a denial beside "charge a fee", while "for tea no coffee" beside
// "for coffee" is a slip of the tongue: what stands in front of it was taken
// back. And a denial aside of what the other does not speak of ("I do not want a
// scan") is a detail.
func (t *Text) denies(other *Text) bool {
	for _, d := range t.denials {
		switch {
		case d.unless != "" && !other.has(d.unless), d.aside && !other.has(d.of):
		default:
			return true
		}
	}
	return false
}

// hedged reports whether the text has a word that denies as well: "unable" is
// as good as "not able". What several of them do to a sentence is beyond
// counting.
func (t *Text) hedged() bool {
	for i := range t.tokens {
		if t.is(i, hedge) {
			return true
		}
	}
	return false
}

// negates reports whether the word at a place denies, and notes it.
func (t *Text) negates(at int) bool {
	word := t.tokens[at].word
	switch {
	case word == "no":
		return t.noDenies(at)
	case word == "not" && t.isIdleNot(at), word == "non" && t.word(at-1) == "or", t.is(at+1, idle) && strings.HasSuffix(word, "n't"):
		return false
	case t.is(at, negator), strings.HasSuffix(word, "n't"):
		t.deny(at, "")
		return true
	}
	return false
}

// deny notes a denial.
func (t *Text) deny(at int, unless string) {
	d := denial{unless: unless}
	for next := at + 1; next < len(t.tokens) && d.of == ""; next++ {
		if !t.is(next, filler) {
			d.of = t.word(next)
		}
	}
	for before := at; before > 0 && !d.aside; before-- {
		d.aside = t.endsSentence(before) || t.is(before, turning) && before < at
	}
	for behind := at + 1; behind < len(t.tokens) && !d.aside; behind++ {
		d.aside = t.endsSentence(behind)
	}
	t.denials = append(t.denials, d)
}

// noDenies reports whether "no" does: where something follows that there is
// none of. Not in "order no 5", nor where a speaker corrects himself, as in
// "no, I mean" and "no wait".
func (t *Text) noDenies(at int) bool {
	before, next := t.word(at-1), t.word(at+1)
	switch {
	case next == "" || t.is(at+1, filler) || t.is(at+1, aroundNo) || isDigit(next[0]):
		return false
	case before == "or" || t.is(at-1, aroundNo) || t.pauses(at) && at > 0 || t.pauses(at+1):
		return false
	case before == "" || t.is(at-1, filler) || strings.HasPrefix(before, "there'"):
		t.deny(at, "")
	default:
		t.deny(at, before)
	}
	return true
}

// isIdleNot reports whether a "not" denies nothing: "or not", "not only",
// "why not", "not sure how", "no, not that".
func (t *Text) isIdleNot(at int) bool {
	before, next := t.word(at-1), t.word(at+1)
	return before == "or" || before == "why" && next == "" || before == "if" && t.pauses(at+1) || t.is(at+1, idle) || t.is(at-1, aroundNo) && before != "actually"
}

// repair finds the last place where the speaker corrects himself and returns
// where in the source the correction begins; 0 if there is none.
func (t *Text) repair() int {
	for at := len(t.tokens) - 2; at > 0; at-- {
		if n := t.slip(at); n > 0 && at+n < len(t.tokens) {
			return t.tokens[at+n].start
		}
	}
	return 0
}

// slip is how many words at a place say that what stands in front was said by
// mistake; 0 if they do not.
func (t *Text) slip(at int) int {
	word, next, third := t.word(at), t.word(at+1), t.word(at+2)
	switch word {
	case "oops", "whoops", "erm", "uh", "um", "er", "nope", "nevermind":
		return 1
	case "no":
		return t.slipOfNo(at)
	case "or", "i", "never":
		return count(slipsOfTwo[word+" "+next], 2)
	case "make", "scratch", "strike", "change", "cancel", "forget":
		return count(next == "that" && (t.pauses(at) || t.is(at-1, slip) || t.pauses(at+2)), 2)
	case "that", "it":
		return count(slipsOfThree[word+" "+next+" "+third] && t.pauses(at), 3)
	case "let":
		return count(slipsOfThree[word+" "+next+" "+third], 3)
	case "wait", "rather", "actually", "correction":
		return count(t.pauses(at) && t.pauses(at+1) || t.is(at-1, slip), 1)
	case "sorry":
		return count(!t.is(at+1, excuse) && !t.endsSentence(at), 1)
	}
	return 0
}

var (
	slipsOfTwo = map[string]bool{
		"or rather": true, "or wait": true, "or actually": true, "or better": true, "i mean": true, "i meant": true, "never mind": true,
	}
	slipsOfThree = map[string]bool{
		"that should be": true, "it should be": true, "let me rephrase": true, "let me correct": true, "let me ask": true,
	}
)

// slipOfNo is slip for "no": "no wait", "or no", ", no,", "5 no 6".
func (t *Text) slipOfNo(at int) int {
	before, next := t.word(at-1), t.word(at+1)
	figures := before != "" && next != "" && isDigit(before[0]) && isDigit(next[0])
	return count(figures || before == "or" || t.is(at-1, aroundNo) || t.is(at+1, aroundNo) || next == "i" || t.pauses(at) && !t.endsSentence(at) || t.pauses(at+1), 1)
}

// endsSentence reports whether a sentence ends in front of a word.
func (t *Text) endsSentence(at int) bool { return strings.ContainsAny(t.gap(at), ".!?\n") }

func count(is bool, words int) int {
	if is {
		return words
	}
	return 0
}
