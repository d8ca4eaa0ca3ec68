// Language: of the texts, and of the answer that is asked for.

package guard

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// languageDiffers refuses texts in two scripts or two languages, and where one
// asks for an answer in a language that the other does not name.
func languageDiffers(a, b *Text) bool {
	if a.script != b.script && a.script != 0 && b.script != 0 {
		return true
	}
	if a.language != 0 && b.language != 0 && a.language != b.language {
		return true
	}
	return overlapBut(a.content, b.content, 1) >= sameRest && (a.wantsOther(b) || b.wantsOther(a))
}

// scripts are told apart; all others are one.
var scripts = []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Arabic, unicode.Hebrew, unicode.Devanagari, unicode.Thai,
	unicode.Hangul, unicode.Han, unicode.Hiragana, unicode.Katakana}

const kana, han = 9, 8 // places in scripts

// readScript finds the script of most letters: 1 and on by scripts' order, 0
// where none has more than half. Any kana makes Han Japanese.
func (t *Text) readScript() {
	var count [12]int
	letters := 0
	for _, r := range t.source {
		switch {
		case r < utf8.RuneSelf:
			if isLetter(byte(r)) {
				count[1]++
				letters++
			}
		case unicode.IsLetter(r):
			letters++
			count[1+slices.IndexFunc(scripts, func(s *unicode.RangeTable) bool { return unicode.Is(s, r) })]++
		}
	}
	if n := count[1+kana] + count[2+kana]; n > 0 {
		count[1+kana] += count[2+kana] + count[1+han]
	}
	for script, n := range count {
		if script > 0 && 2*n > letters {
			t.script = script
			return
		}
	}
}

// The languages that are told apart by their small words.
var languages = [...]class{inEnglish, inSpanish, inFrench, inGerman, inItalian, inPortuguese, inDutch}

// clearLanguage is how many small words make a text's language clear, if all
// other languages have fewer than half of them.
const clearLanguage = 3

const anyLanguage = inEnglish | inSpanish | inFrench | inGerman | inItalian | inPortuguese | inDutch

// readLanguage finds the one language that the text is clearly in.
func (t *Text) readLanguage() {
	var count [len(languages)]int
	for at := range t.tokens {
		if !t.is(at, anyLanguage) {
			continue
		}
		for i, language := range languages {
			if t.is(at, language) {
				count[i]++
			}
		}
	}
	most, second := 0, 0
	for i, n := range count {
		switch {
		case n > most:
			t.language, most, second = languages[i], n, most
		case n > second:
			second = n
		}
	}
	if most < clearLanguage || 2*second >= most {
		t.language = 0
	}
}

// wantsOther reports whether a text asks for an answer in a language, at the
// end of a clause ("in Spanish", not "in Spanish class"), that the other does
// not name. English is what most answers are in.
func (t *Text) wantsOther(other *Text) bool {
	for at := range t.tokens {
		if !t.is(at, memberWord) || !t.is(at-1, beforeLanguage) || at+1 < len(t.tokens) && !t.pauses(at+1) && t.word(at+1) != "please" {
			continue
		}
		for _, m := range members[t.word(at)] {
			if m.kind == english.kind && m != english && !slices.Contains(other.members, m) {
				return true
			}
		}
	}
	return false
}

// english is the language among the members of its kind.
var english = spoken()

func spoken() member {
	for _, m := range members["english"] {
		if m.kind == members["cantonese"][0].kind {
			return m
		}
	}
	return member{}
}
