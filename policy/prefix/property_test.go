package prefix_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/askonce/askonce/policy/prefix"
)

// fragments are what generated texts are made of.
var fragments = []string{
	"You are a helper.", "Be brief.", "Current time: 10:35:22", "User name: Ann", "Today is Tuesday, 24 November. Answer in English.",
	"Rules:", "- never guess\n- be kind", "1. Read.\n2. Answer.", "```\nx = 1\n```", "```\nnever closed", "<env>\ndate: 2026-11-24\n</env>",
	"<document>\n" + strings.Repeat("A parcel takes two days. ", 12) + "\n</document>", "Document 1: " + strings.Repeat("Returns are free. ", 14),
	"How long does it take?", "Use the text above.", "This is important.", "# Title", "## Session\n- Session id: 7c9e6679-7425-40de-944b-e07fc1f90ae7",
	"The user's name is Bob 10:35:22. He is kind.", "Shift:", "  ", "For this request:\nCurrent time: 10:35:23", prefix.Label, "User: hi\nAssistant: ho",
	"Ärger: ü \"quoted\" \\ back", "<open>", "Log 2026-11-24T10:35:22Z says so.", "\n\n\n", "trailing \n \n space",
}

func texts() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		parts := rapid.SliceOfN(rapid.SampledFrom(fragments), 0, 8).Draw(t, "parts")
		return strings.Join(parts, rapid.SampledFrom([]string{"\n", "\n\n", "\n\n\n", " "}).Draw(t, "gap"))
	})
}

type object = map[string]any

// requests are conversations with all that a body may hold, in any order.
func requests() *rapid.Generator[[]byte] {
	return rapid.Custom(func(t *rapid.T) []byte {
		content := func(name string) any {
			text := texts().Draw(t, name)
			if rapid.Bool().Draw(t, "parts") {
				return []any{object{"type": "text", "text": text}, object{"type": "image_url", "image_url": object{"url": "https://x.example/a"}}, object{"type": "text", "text": text}}
			}
			return text
		}
		turns := []any{}
		for i := range rapid.IntRange(0, 5).Draw(t, "turns") {
			switch role := rapid.SampledFrom([]string{"system", "user", "assistant", "call", "odd"}).Draw(t, "role"); role {
			case "call":
				id := fmt.Sprint("call_", i)
				turns = append(turns, object{"role": "assistant", "content": nil, "tool_calls": []any{object{"id": id, "type": "function", "function": object{"name": "f", "arguments": "{\"b\":1,\"a\":2}"}}}},
					object{"role": "tool", "tool_call_id": id, "content": texts().Draw(t, "result")})
			case "odd":
				turns = append(turns, rapid.SampledFrom([]any{"a string", nil, 3, object{"type": "reasoning", "id": "r"}}).Draw(t, "odd"))
			default:
				turns = append(turns, object{"role": role, "content": content(role)})
			}
		}
		body := object{"model": "m", "messages": turns, "temperature": 0.5}
		if rapid.Bool().Draw(t, "tools") {
			body["tools"] = rapid.Permutation(someTools()).Draw(t, "order")
		}
		if rapid.Bool().Draw(t, "system") {
			body["system"] = content("top")
		}
		raw, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	})
}

func someTools() []any {
	return []any{
		object{"type": "function", "function": object{"name": "b", "parameters": object{"z": 1, "a": 2}}},
		object{"type": "function", "function": object{"name": "a", "parameters": object{}}},
		object{"name": "c", "input_schema": object{}, "cache_control": object{"type": "ephemeral"}},
		object{"type": "web_search"},
	}
}

var on = prefix.Options{Lossless: prefix.On, Text: prefix.On}

func TestRewriteKeepsWhatIsSaid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := requests().Draw(t, "body")
		kept := bytes.Clone(body)
		result := prefix.Order(body, on)
		if !bytes.Equal(body, kept) {
			t.Fatal("the input was changed")
		}
		if result.Discarded != "" {
			t.Fatalf("a rewrite had to be discarded: %s", result.Discarded)
		}
		sameContent(t, body, result.Body)
		again := prefix.Order(result.Body, on)
		if !bytes.Equal(again.Body, result.Body) {
			t.Fatalf("a second rewrite changed the body:\n%s\n%s", result.Body, again.Body)
		}
	})
}

// TestLearnedRewriteKeepsWhatIsSaid has a template with variables in any of its
// places, asked often enough to be learned, and at times edited.
func TestLearnedRewriteKeepsWhatIsSaid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SampledFrom(fragments), 2, 8).Draw(t, "parts")
		gap := rapid.SampledFrom([]string{"\n", "\n\n", " "}).Draw(t, "gap")
		variables := rapid.SliceOfN(rapid.IntRange(0, len(parts)-1), 1, 3).Draw(t, "variables")
		values := []string{"Customer: %s", "You help %s.", "\"\"\"\n%s writes\n\nBest regards\n\"\"\"", "Dear %s,", "%s", "- for %s", "Of %s:"}
		forms := rapid.SliceOfN(rapid.SampledFrom(values), len(variables), len(variables)).Draw(t, "forms")
		seen := prefix.NewHistory().At("k")
		for i := range 12 {
			text := slices.Clone(parts)
			for j, at := range variables {
				text[at] += gap + fmt.Sprintf(forms[j], fmt.Sprint("name", i*10+j))
			}
			body, err := json.Marshal(object{"messages": []any{object{"role": "user", "content": strings.Join(text, gap)}}})
			if err != nil {
				t.Fatal(err)
			}
			result := prefix.Order(body, prefix.Options{Lossless: prefix.On, Text: prefix.On, Learned: seen})
			if result.Discarded != "" {
				t.Fatalf("a rewrite had to be discarded: %s", result.Discarded)
			}
			sameContent(t, body, result.Body)
		}
	})
}

// sameContent judges by itself, with another decoder than the rewrite's.
func sameContent(t *rapid.T, before, after []byte) {
	a, b := decode(t, before), decode(t, after)
	if x, y := wordsOf(a), wordsOf(b); !slices.Equal(x, y) {
		t.Fatalf("other words:\n%q\n%q", x, y)
	}
	if x, y := skeleton(a), skeleton(b); x != y {
		t.Fatalf("other turns:\n%s\n%s", x, y)
	}
}

func decode(t *rapid.T, body []byte) object {
	var o object
	if err := json.Unmarshal(body, &o); err != nil {
		t.Fatalf("invalid: %v\n%s", err, body)
	}
	return o
}

// wordsOf are all words of all strings, but for labels, sorted.
func wordsOf(v any) []string {
	var list []string
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			for line := range strings.SplitSeq(v, "\n") {
				if line != prefix.Label {
					list = append(list, strings.Fields(line)...)
				}
			}
		case []any:
			for _, e := range v {
				walk(e)
			}
		case object:
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(v)
	slices.Sort(list)
	return list
}

// skeleton is what may not move at all: turns in their order with roles, calls
// and results, part types, and the words of each text.
func skeleton(body object) string {
	var b strings.Builder
	turns, _ := body["messages"].([]any)
	for _, turn := range turns {
		o, ok := turn.(object)
		if !ok {
			fmt.Fprintf(&b, "%v;", turn)
			continue
		}
		fmt.Fprintf(&b, "%v %v %v %v;", o["role"], o["tool_calls"], o["tool_call_id"], wordsOf(o["content"]))
		if o["role"] != "user" && o["role"] != "system" {
			fmt.Fprintf(&b, "%v;", o["content"])
		}
	}
	return b.String()
}

func FuzzRewrite(f *testing.F) {
	f.Add(`{"model":"m","messages":[{"role":"system","content":"a\nCurrent time: 10:35:22\nb c d e"}]}`)
	f.Add(`{"tools":[{"name":"b"},{"name":"a","cache_control":{}}],"system":[{"type":"text","text":"x"}],"input":"y"}`)
	f.Fuzz(func(t *testing.T, text string) {
		if !json.Valid([]byte(text)) {
			t.Skip() // a parsed request is valid
		}
		result := prefix.Order([]byte(text), on)
		if !json.Valid(result.Body) {
			t.Fatalf("invalid: %q", result.Body)
		}
		if again := prefix.Order(result.Body, on); !bytes.Equal(again.Body, result.Body) && result.Discarded == "" {
			t.Fatalf("not idempotent:\n%q\n%q", result.Body, again.Body)
		}
	})
}

// FuzzText fuzzes what stands inside one message, learned of or not.
func FuzzText(f *testing.F) {
	for _, fragment := range fragments {
		f.Add(fragment + "\n\n" + fragments[2] + "\n" + fragments[0])
	}
	f.Fuzz(func(t *testing.T, text string) {
		body, err := json.Marshal(object{"messages": []any{object{"role": "user", "content": text}}})
		if err != nil {
			t.Fatal(err)
		}
		result := prefix.Order(body, on)
		if result.Discarded != "" {
			t.Fatalf("had to be discarded: %s", result.Discarded)
		}
		if again := prefix.Order(result.Body, on); !bytes.Equal(again.Body, result.Body) {
			t.Fatalf("not idempotent:\n%q\n%q", result.Body, again.Body)
		}
	})
}
