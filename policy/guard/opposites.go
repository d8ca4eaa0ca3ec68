// Opposites: "enable" and "disable", "indoor" and "outdoor", "safe" and "unsafe".

package guard

import (
	_ "embed" // the list
	"slices"
	"strings"
)

// areOpposites refuses where one text has a word and the other its opposite,
// neither has both, and the rest is about the same. Where only one of them
// denies, two opposites may say the same: "not legal", "illegal".
func areOpposites(a, b *Text) bool { return a.denies(b) == b.denies(a) && a.opposes(b) }

func (t *Text) opposes(other *Text) bool {
	if overlapBut(t.content, other.content, 2) < sameMatter {
		return false
	}
	lessened := t.lessens() != other.lessens()
	for _, word := range t.terms {
		if lessened && !lessening[word] {
			continue
		}
		for _, against := range opposites[word] {
			if slices.Contains(other.terms, against) && !slices.Contains(t.terms, against) && !slices.ContainsFunc(opposites[against], other.hasTerm) {
				return true
			}
		}
	}
	return !lessened && slices.ContainsFunc(t.affixed, func(x affixed) bool { return x.opposes(t, other) }) ||
		!lessened && slices.ContainsFunc(other.affixed, func(y affixed) bool { return y.opposes(other, t) })
}

// lessens reports whether the text has a "less" that may turn an opposite round:
// "less painful", "painless".
func (t *Text) lessens() bool { return t.has("less") || t.has("least") || t.has("lesser") }

var lessening = map[string]bool{"more": true, "most": true, "less": true, "least": true}

func (t *Text) hasTerm(term string) bool { return slices.Contains(t.terms, term) }

//go:embed opposites.txt
var oppositesText string

// opposites are those of each word, in every form. Verbs of two words have a
// space in between.
var opposites = parseOpposites(oppositesText)

func parseOpposites(text string) map[string][]string {
	all := make(map[string][]string)
	add := func(a, b string) {
		if !slices.Contains(all[a], b) {
			all[a], all[b] = append(all[a], b), append(all[b], a)
		}
	}
	variants := forms
	for line := range strings.SplitSeq(text, "\n") {
		if line == "words" {
			variants = itself
		}
		one, other, ok := strings.Cut(line, " | ")
		if !ok {
			continue
		}
		for x := range strings.SplitSeq(one, "/") {
			for y := range strings.SplitSeq(other, "/") {
				for _, x := range variants(x) {
					for _, y := range variants(y) {
						add(x, y)
					}
				}
			}
		}
	}
	return all
}

func itself(word string) []string { return []string{word} }

// forms are a verb's: stop, stops, stopped, stopping. Of "turn on" there is one
// form, the others are brought to it.
func forms(verb string) []string {
	if strings.Contains(verb, " ") {
		return []string{verb}
	}
	return regular(verb)
}

func regular(verb string) []string {
	stem := strings.TrimSuffix(verb, "e")
	switch verb {
	case "stop", "win", "ban", "log", "opt", "drop", "plug", "split", "put", "shut", "unplug", "forget":
		stem += verb[len(verb)-1:]
	}
	s := verb + "s"
	if strings.HasSuffix(verb, "ch") || strings.HasSuffix(verb, "ss") || strings.HasSuffix(verb, "sh") {
		s = verb + "es"
	}
	if short, ok := strings.CutSuffix(verb, "y"); ok && !strings.ContainsAny(verb[len(verb)-2:len(verb)-1], "aeiou") {
		return []string{verb, short + "ies", short + "ied", verb + "ing"}
	}
	return []string{verb, s, stem + "ed", stem + "ing"}
}

// phrasal are the verbs that make up a term with a particle, by their forms.
var phrasal = phrasalVerbs()

func phrasalVerbs() map[string]string {
	all := make(map[string]string)
	for term := range opposites {
		if verb, _, ok := strings.Cut(term, " "); ok {
			for _, form := range regular(verb) {
				all[form] = verb
			}
		}
	}
	all["took"], all["taken"] = "take", "take"
	return all
}

// farParticle is how many words may stand between a verb and its particle:
// "turn the lights off".
const farParticle = 3

// readTerm notes a word or a phrasal verb that has an opposite, and a word
// that may have one by its affix.
func (t *Text) readTerm(at int) {
	if t.is(at, phrasalVerb) {
		for i := at + 1; i <= at+1+farParticle && i < len(t.tokens) && !t.pauses(i); i++ {
			if t.is(i, particle) {
				if term := phrasal[t.word(at)] + " " + t.word(i); opposites[term] != nil {
					t.terms = append(t.terms, term)
					return
				}
				break
			}
		}
	}
	if t.is(at, opposite) {
		t.terms = append(t.terms, t.word(at))
	}
	t.readAffix(t.word(at))
}

// An affixed word has an affix that turns its meaning, or that another affix
// turns.
type affixed struct {
	affix *affix
	rest  string // the word without it
}

// An affix is one of a pair. "un" has none on the other side.
type affix struct {
	pair   int
	side   int
	text   string
	suffix bool
}

var affixes = []affix{
	{0, 0, "un", false},
	{1, 0, "in", false}, {1, 1, "out", false},
	{2, 0, "up", false}, {2, 1, "down", false},
	{3, 0, "over", false}, {3, 1, "under", false},
	{4, 0, "hyper", false}, {4, 1, "hypo", false},
	{5, 0, "pre", false}, {5, 1, "post", false},
	{6, 0, "macro", false}, {6, 1, "micro", false},
	{7, 0, "mono", false}, {7, 1, "poly", false},
	{8, 0, "endo", false}, {8, 1, "exo", false},
	{9, 0, "homo", false}, {9, 1, "hetero", false},
	{10, 0, "tachy", false}, {10, 1, "brady", false},
	{11, 0, "inter", false}, {11, 1, "intra", false},
	{12, 0, "ful", true}, {12, 1, "less", true},
}

// withoutUn are words that "un" does not turn.
var withoutUn = map[string]bool{"less": true, "like": true, "ion": true, "til": true, "der": true}

// shortestRest is how many letters must be left without an affix.
const shortestRest = 3

func (t *Text) readAffix(word string) {
	if len(word) < 2+shortestRest {
		return
	}
	for _, x := range prefixes[word[0]] {
		if rest, ok := strings.CutPrefix(word, x.text); ok && len(rest) >= shortestRest && !withoutUn[rest] {
			t.affixed = append(t.affixed, affixed{x, rest})
		}
	}
	for _, x := range suffixes[word[len(word)-1]] {
		if rest, ok := strings.CutSuffix(word, x.text); ok && len(rest) >= shortestRest {
			t.affixed = append(t.affixed, affixed{x, rest})
		}
	}
}

// prefixes are the affixes by their first letter, suffixes by their last.
var prefixes, suffixes = affixesByLetter()

func affixesByLetter() (before, behind [256][]*affix) {
	for i := range affixes {
		x := &affixes[i]
		if last := x.text[len(x.text)-1]; x.suffix {
			behind[last] = append(behind[last], x)
		} else {
			before[x.text[0]] = append(before[x.text[0]], x)
		}
	}
	return before, behind
}

// opposes reports whether a word of t has its opposite in the other text, and
// neither has both.
func (x affixed) opposes(t, other *Text) bool {
	if x.affix.pair == 0 {
		return other.has(x.rest) && !t.has(x.rest) && !slices.Contains(other.affixed, x)
	}
	turned := func(y affixed) bool {
		return y.affix.pair == x.affix.pair && y.affix.side != x.affix.side && y.rest == x.rest
	}
	return slices.ContainsFunc(other.affixed, turned) && !slices.ContainsFunc(t.affixed, turned) && !slices.Contains(other.affixed, x)
}
