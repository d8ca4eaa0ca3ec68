// Things of one kind: another colour, country, drug, file format.

package guard

import (
	_ "embed" // the lists
	"slices"
	"strings"
)

// kindsDiffer refuses where each text names something of a kind that the other
// does not name. What only one of them names may be a detail.
func kindsDiffer(a, b *Text) bool {
	for _, m := range a.members {
		if slices.Contains(b.members, m) {
			continue
		}
		for _, n := range b.members {
			if n.kind == m.kind && n != m && !slices.Contains(a.members, n) {
				return true
			}
		}
	}
	return false
}

// A member is one thing of a kind: line and column of its list.
type member struct{ kind, thing uint16 }

//go:embed kinds.txt
var kindsText string

// members are the things that a word, or several, may mean.
var members = parseKinds(kindsText)

func parseKinds(text string) map[string][]member {
	all := make(map[string][]member)
	add := func(name string, m member) {
		if !slices.Contains(all[name], m) {
			all[name] = append(all[name], m)
		}
	}
	for kind, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for thing, names := range strings.Split(line, ",") {
			m := member{uint16(kind), uint16(thing)}
			for name := range strings.SplitSeq(strings.TrimSpace(names), "/") {
				add(name, m)
				if !strings.HasSuffix(name, "s") {
					add(name+"s", m)
				}
			}
		}
	}
	delete(all, "")
	delete(all, "s")
	return all
}

// heads are the words with which names of several words begin.
func heads(names map[string][]member) map[string]bool {
	all := make(map[string]bool)
	for name := range names {
		if head, _, ok := strings.Cut(name, " "); ok {
			all[head] = true
		}
	}
	return all
}

// readMembers finds the things that the text names.
func (t *Text) readMembers() {
	for at := 0; at < len(t.tokens); {
		took := 1
		if t.is(at, memberHead) {
			took = t.readLongMember(at)
		}
		if took == 1 && t.is(at, memberWord) {
			t.addMembers(strings.TrimSuffix(t.word(at), "'s"), at)
		}
		at += took
	}
}

// longestMember is how many words a thing's name has at most.
const longestMember = 3

// readLongMember reads a name of several words and returns how many; 1 if
// there is none.
func (t *Text) readLongMember(at int) int {
	for n := min(longestMember, len(t.tokens)-at); n > 1; n-- {
		words := make([]string, 0, longestMember)
		for i := range n {
			words = append(words, strings.TrimSuffix(t.word(at+i), "'s"))
		}
		if name := strings.Join(words, " "); members[name] != nil {
			t.addMembers(name, at)
			return n
		}
	}
	return 1
}

func (t *Text) addMembers(name string, at int) {
	if name == "us" && t.word(at-1) != "the" && t.source[t.tokens[at].start:t.tokens[at].end] != "US" {
		return // the pronoun
	}
	if _, isUnit := units[name]; isUnit && t.is(at-1, figures|quantity) {
		return // of a measure
	}
	for _, m := range members[name] {
		if !slices.Contains(t.members, m) {
			t.members = append(t.members, m)
		}
	}
}
