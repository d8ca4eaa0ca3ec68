package prefix_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/askonce/askonce/policy/prefix"
)

func TestStablePrefixEndsWhereItShould(t *testing.T) {
	turn := func(role string, content any) any { return object{"role": role, "content": content} }
	chat := func(turns ...any) []byte {
		raw, err := json.Marshal(object{"model": "gpt-4o", "messages": turns})
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	tests := []struct {
		name, place, reason string
		body                []byte
		tokens              int // in whole hundreds
	}{
		{"nothing changes", "messages[1].content", "question", chat(turn("system", long), user("hi")), 1400},
		{"a time at the beginning", "messages[0].content", "clock_time", chat(turn("system", "Current time: 10:35:22\n\n"+long), user("hi")), 0},
		{"a time at the end", "messages[0].content", "clock_time", chat(turn("system", long+"\n\nCurrent time: 10:35:22"), user("hi")), 1400},
		{"behind the label", "messages[0].content", "label", chat(turn("system", long+"\n\n"+prefix.Label+"\nMood: fine"), user("hi")), 1400},
		{"a conversation that goes on", "messages[2]", "new_turns", chat(turn("system", long), user(long), assistant("yes"), user("more")), 2800},
		{"a time in its instructions", "messages[0].content", "date", chat(turn("system", "It is now 10:35:22.\n\n"+long), user(long), assistant("yes"), user("more")), 0},
		{"Anthropic's", "messages[0].content", "question", anthropic(t, long, user("hi")), 1400},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := prefix.StableOf(test.body, nil, nil)
			if got.Place != test.place || got.Reason != test.reason || got.Tokens/100*100 != test.tokens {
				t.Errorf("%+v, want %d tokens up to %s (%s)", got, test.tokens, test.place, test.reason)
			}
		})
	}
}

func TestMarksBehindTheStablePartKeepNothing(t *testing.T) {
	text := func(s string, marked bool) object {
		o := object{"type": "text", "text": s}
		if marked {
			o["cache_control"] = object{"type": "ephemeral"}
		}
		return o
	}
	for name, test := range map[string]struct {
		system []any
		marked bool
	}{
		"a mark before what changes": {[]any{text(long, true), text("Current time: 10:35:22", false)}, true},
		"a mark on what changes":     {[]any{text(long+"\n\nCurrent time: 10:35:22", true)}, false},
		"no mark":                    {[]any{text(long, false)}, false},
	} {
		got := prefix.StableOf(anthropic(t, test.system, user("hi")), nil, nil)
		if got.Tokens < 1300 || test.marked && got.Marked != got.Tokens || !test.marked && got.Marked != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestCopiesTeachNobody(t *testing.T) {
	history, repeats := prefix.NewHistory(), prefix.NewRepeats()
	body := func(i int) []byte {
		raw, _ := json.Marshal(object{"model": "m", "instructions": fmt.Sprintf("You are a helper.\nMood: %c\nBe brief.\nBe polite.\nUse no foreign words at all, nor any that are rude.\nSay what you know, and say so where you do not know.", 'a'+i), "input": "hi"})
		return raw
	}
	moves := func(h *prefix.History, i int) int {
		r := prefix.Order(body(i), prefix.Options{Text: prefix.On, Learned: h.At("k")})
		return r.Made()
	}
	for i := range 20 {
		copied := history.Copy("k")
		if n := moves(copied, i); n != 0 || !history.Empty() {
			t.Fatalf("after %d looks, %d moves are made", i, n)
		}
		prefix.Mark(anthropic(t, long+fmt.Sprint(i), user("hi")), prefix.MarkOptions{Repeats: repeats.Copy(), Key: "k"})
	}
	for i := range 20 {
		moves(history, i)
	}
	if moves(history.Copy("k"), 21) != 1 || moves(history.Copy("other"), 21) != 0 {
		t.Error("a copy does not know what was learned of its key, and of that alone")
	}
}

func TestDifferenceHoldsBothBodies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := requests().Draw(t, "body")
		after := prefix.Order(before, prefix.Options{Lossless: prefix.On, Text: prefix.On}).Body
		for _, change := range prefix.Difference(before, after) {
			count := map[string]int{}
			for _, line := range change.Lines {
				count[line.Op]++
			}
			if count["-"]+count["+"] == 0 {
				t.Fatalf("%s: nothing differs in %v", change.Place, change.Lines)
			}
		}
		if len(prefix.Difference(before, before)) != 0 {
			t.Fatal("a body differs from itself")
		}
	})
}

func TestUnifiedLeavesLongStretchesOut(t *testing.T) {
	lines := strings.Repeat("same\n", 10)
	body := func(text string) []byte {
		raw, _ := json.Marshal(object{"messages": []any{user(text)}})
		return raw
	}
	got := prefix.Unified(prefix.Difference(body("one\n"+lines+"two\nthree"), body(lines+"two\none\nthree")))
	want := "@@ messages[0] (user) @@\n-one\n same\n same\n same\n… 5 lines\n same\n same\n two\n+one\n three\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestStrangersAreNamed(t *testing.T) {
	body := `{"messages":[{"role":"wizard","content":"x"},{"role":"user","content":[{"type":"text","text":"a"},{"type":"smell"}]},7],"input":[{"type":"function_call"}]}`
	got := fmt.Sprint(prefix.Strangers([]byte(body)))
	if got != "[{messages[0] role wizard} {messages[1].content[1] type smell} {messages[2] type not an object}]" {
		t.Error(got)
	}
}
