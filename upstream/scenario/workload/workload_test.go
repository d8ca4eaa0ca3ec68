package workload_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/askonce/askonce/upstream/scenario/workload"
)

// TestHandsSayTheSame holds the two forms of a prompt to the same words, and
// shows that they differ.
func TestHandsSayTheSame(t *testing.T) {
	for _, w := range workload.All(1) {
		if len(w.Calls) < 60 {
			t.Errorf("%s has %d calls only", w.Name, len(w.Calls))
		}
		different := 0
		for i, c := range w.Calls {
			if i > 0 && c.At < w.Calls[i-1].At {
				t.Fatalf("%s: call %d comes before the one before", w.Name, i)
			}
			written, hand := wordsOf(t, c.Written.OpenAI("m")), wordsOf(t, c.Hand.OpenAI("m"))
			if slices.Sort(written); !slices.Equal(written, sorted(hand)) {
				t.Fatalf("%s, call %d: other words:\n%s\n%s", w.Name, i, c.Written.OpenAI("m"), c.Hand.OpenAI("m"))
			}
			if string(c.Written.OpenAI("m")) != string(c.Hand.OpenAI("m")) {
				different++
			}
		}
		if different*2 < len(w.Calls) {
			t.Errorf("%s: %d of %d prompts are arranged by hand", w.Name, different, len(w.Calls))
		}
	}
}

func sorted(list []string) []string { slices.Sort(list); return list }

// wordsOf are all words of a request.
func wordsOf(t *testing.T, body []byte) []string {
	t.Helper()
	var doc any
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatal(err)
	}
	var list []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			list = append(list, strings.Fields(v)...)
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(doc)
	return list
}

func TestASeedMakesTheSameCalls(t *testing.T) {
	bodies := func(seed uint64) string {
		var all strings.Builder
		for _, w := range workload.All(seed) {
			for _, c := range w.Calls {
				all.Write(c.Written.Anthropic("m"))
			}
		}
		return all.String()
	}
	if first, again := bodies(1), bodies(1); first != again || first == bodies(2) {
		t.Error("a seed does not decide what is asked")
	}
}
