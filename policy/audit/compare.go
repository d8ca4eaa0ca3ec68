// Whether two answers to one question say the same.

package audit

import (
	"encoding/json"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/askonce/askonce/policy/guard"
)

// Verdict is what an audit came to.
type Verdict string

// The verdicts.
const (
	Right     Verdict = "right"
	Wrong     Verdict = "wrong"
	Undecided Verdict = "undecided"
)

const (
	// Same is the similarity of two texts from which on they say the same, if
	// nothing in them speaks against it.
	Same = 0.95

	// Other is that up to which they say something else.
	Other = 0.4

	// fewWords is how long a short answer is: a name, a number, a class, yes or
	// no. Those are compared to the letter.
	fewWords = 3
)

// Compare tells whether an answer that was served says what a fresh one to the
// same question does. similar is the cosine similarity of the two texts, or
// false if it cannot be had; it is only asked where the texts alone do not decide.
func Compare(served, fresh string, similar func() (float64, bool)) Verdict {
	a, b := unfenced(served), unfenced(fresh)
	x, y := words(a), words(b)
	if len(x) == 0 || len(y) == 0 {
		return Undecided
	}
	if strings.Join(x, " ") == strings.Join(y, " ") {
		return Right
	}
	var left, right any
	switch readLeft, readRight := readJSON(a, &left), readJSON(b, &right); {
	case readLeft && readRight:
		return compareJSON(left, right)
	case readLeft != readRight:
		return Undecided
	case len(x) <= fewWords && len(y) <= fewWords:
		return compareShort(x, y)
	}
	similarity, known := similar()
	switch {
	case !known:
		return Undecided
	case similarity <= Other:
		return Wrong
	case similarity >= Same && guard.All.Compare(guard.Read(a), guard.Read(b)) == guard.None:
		return Right
	}
	return Undecided
}

// compareShort compares answers of a few words which are not the same: where
// one holds the other, such as "Paris" and "Paris, France", who knows.
func compareShort(x, y []string) Verdict {
	a, b := " "+strings.Join(x, " ")+" ", " "+strings.Join(y, " ")+" "
	if strings.Contains(a, b) || strings.Contains(b, a) {
		return Undecided
	}
	return Wrong
}

// readJSON reads an object or an array; everything else is text.
func readJSON(text string, into *any) bool {
	return strings.ContainsAny(text[:1], "{[") && json.Unmarshal([]byte(text), into) == nil
}

// compareJSON compares two documents value by value. Members may come in any
// order. Another value is wrong, but for long texts, which can say the same in
// other words.
func compareJSON(a, b any) Verdict {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return Wrong
		}
		v := Right
		for name, value := range x {
			other, there := y[name]
			if !there {
				return Wrong
			}
			v = worse(v, compareJSON(value, other))
		}
		return v
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return Wrong
		}
		v := Right
		for i := range x {
			v = worse(v, compareJSON(x[i], y[i]))
		}
		return v
	case string:
		if y, ok := b.(string); ok {
			return compareTexts(x, y)
		}
		return Wrong
	}
	if a == b { // numbers, truth values and nulls, of one type if they are equal
		return Right
	}
	return Wrong
}

// worse is what two parts of an answer make of the whole.
func worse(a, b Verdict) Verdict {
	switch {
	case a == Wrong || b == Wrong:
		return Wrong
	case a == Undecided || b == Undecided:
		return Undecided
	}
	return Right
}

// compareTexts compares two texts in JSON.
func compareTexts(a, b string) Verdict {
	x, y := words(a), words(b)
	switch {
	case strings.Join(x, " ") == strings.Join(y, " "):
		return Right
	case len(x) <= fewWords && len(y) <= fewWords:
		return Wrong
	}
	return Undecided
}

// unfenced is a text without the code fence that may be around all of it.
func unfenced(text string) string {
	text = strings.TrimSpace(text)
	inside, ok := strings.CutPrefix(text, "```")
	if !ok {
		return text
	}
	inside, ok = strings.CutSuffix(inside, "```")
	first, rest, lines := strings.Cut(inside, "\n")
	if !ok || !lines || strings.Contains(inside, "```") || strings.ContainsAny(first, " {[") {
		return text
	}
	return strings.TrimSpace(rest)
}

// words are those of a text without regard to case, form of characters, white
// space, bullets, emphasis, and the punctuation at their ends.
func words(text string) []string {
	var list []string
	for line := range strings.Lines(strings.ToLower(norm.NFKC.String(text))) {
		fields := strings.Fields(line)
		if len(fields) > 1 && strings.ContainsAny(fields[0], "-*•#") && len([]rune(strings.Trim(fields[0], "#"))) <= 1 {
			fields = fields[1:]
		}
		for _, word := range fields {
			list = append(list, bare(word))
		}
	}
	return list
}

// bare is a word without emphasis and punctuation; signs alone stay as they
// are, since in formulas and code they are what counts.
func bare(word string) string {
	if !strings.ContainsFunc(word, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return word
	}
	return strings.TrimRight(strings.TrimLeft(word, "*_`\"'“”‘’(["), "*_`\"'“”‘’)].,;:!?…")
}
