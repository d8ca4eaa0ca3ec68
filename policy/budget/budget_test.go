package budget_test

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/askonce/askonce/policy/budget"
)

const parts = `{"model":"m","messages":[{"role":"system","content":"Answer from the passages."},{"role":"user","content":[` +
	`{"type":"text","text":"Alpha.","askonce_score":0.9}, {"askonce_score":0.2,"type":"text","text":"Beta."},` +
	`{"type":"text","text":"Gamma.", "askonce_score": 5e-1},{"type":"text","text":"Which is first?"}]}]}`

const tagged = `{"model":"m","messages":[{"role":"user","content":"Passages:\n` +
	`<chunk score=\"0.9\" id=\"a\">Alpha.</chunk>\n\u003cchunk id='b' score='0.2'\u003eBeta.\u003c/chunk\u003e\n` +
	`<chunk score=\"0.5\">Gamma.</chunk>\nWhich is \"first\"?"}]}`

func TestFit(t *testing.T) {
	tests := []struct {
		name, body string
		caps       budget.Caps
		dropped    int
		want       string // the body's end
	}{
		{"nothing to do: only the scores go", parts, budget.Caps{}, 0,
			`[{"type":"text","text":"Alpha."}, {"type":"text","text":"Beta."},{"type":"text","text":"Gamma."},{"type":"text","text":"Which is first?"}]}]}`},
		{"as many as the cap", parts, budget.Caps{Chunks: 3}, 0,
			`[{"type":"text","text":"Alpha."}, {"type":"text","text":"Beta."},{"type":"text","text":"Gamma."},{"type":"text","text":"Which is first?"}]}]}`},
		{"the lowest score goes", parts, budget.Caps{Chunks: 2}, 1,
			`[{"type":"text","text":"Alpha."},{"type":"text","text":"Gamma."},{"type":"text","text":"Which is first?"}]}]}`},
		{"and the next", parts, budget.Caps{Chunks: 1}, 2,
			`[{"type":"text","text":"Alpha."},{"type":"text","text":"Which is first?"}]}]}`},
		{"for tokens, no more than it takes", parts, budget.Caps{Tokens: 240}, 1,
			`[{"type":"text","text":"Alpha."},{"type":"text","text":"Gamma."},{"type":"text","text":"Which is first?"}]}]}`},
		{"for tokens, all of them", parts, budget.Caps{Tokens: 160}, 3,
			`[{"type":"text","text":"Which is first?"}]}]}`},
		{"blocks: what stays is not touched", tagged, budget.Caps{}, 0, strings.TrimPrefix(tagged, `{"model":"m",`)},
		{"blocks: the lowest score goes, with its line", tagged, budget.Caps{Chunks: 2}, 1,
			`"Passages:\n<chunk score=\"0.9\" id=\"a\">Alpha.</chunk>\n<chunk score=\"0.5\">Gamma.</chunk>\nWhich is \"first\"?"}]}`},
		{"of equal ones the last goes", `{"messages":[{"role":"user","content":[{"text":"a","askonce_score":1},{"text":"b","askonce_score":1},{"text":"q"}]}]}`,
			budget.Caps{Chunks: 1}, 1, `[{"text":"a"},{"text":"q"}]}]}`},
		{"one part stays of a content", `{"messages":[{"role":"user","content":[{"text":"a","askonce_score":1},{"text":"b","askonce_score":2}]}]}`,
			budget.Caps{Tokens: 1}, 1, `"content":[{"text":"b"}]}]}`},
		{"no text is emptied", `{"messages":[{"role":"user","content":"<chunk score=\"1\">a</chunk>\n"}]}`,
			budget.Caps{Tokens: 1}, 0, `"<chunk score=\"1\">a</chunk>\n"}]}`},
		{"in system blocks and tool results", `{"system":[{"type":"text","text":"s"},{"type":"text","text":"a","askonce_score":1}],` +
			`"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"b","askonce_score":2},{"type":"text","text":"c"}]}]}]}`,
			budget.Caps{Tokens: 1}, 2, `{"system":[{"type":"text","text":"s"}],"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"c"}]}]}]}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			before := strings.Clone(test.body)
			p, err := budget.Read([]byte(test.body))
			if err != nil || p == nil {
				t.Fatalf("Read: %v, %v", p, err)
			}
			got := p.Fit(test.caps, func(body []byte) int64 { return int64(len(body)) })
			if !strings.HasSuffix(string(got.Body), test.want) || got.Dropped != test.dropped {
				t.Errorf("%d dropped: %s\nwant %d: …%s", got.Dropped, got.Body, test.dropped, test.want)
			}
			if over := test.caps.Tokens > 0 && int64(len(got.Body)) > test.caps.Tokens; got.Over != over {
				t.Errorf("Over is %v with %d of %d", got.Over, len(got.Body), test.caps.Tokens)
			}
			if test.body != before {
				t.Error("the body was changed")
			}
		})
	}
}

func TestWhatIsNoChunk(t *testing.T) {
	for _, content := range []string{
		`"a text about <chunk> tags"`, `"<chunk score=\"high\">a</chunk>"`, `"<chunk score=\"1\">never closed"`, `"<chunk id=\"7\">no score</chunk>"`,
		`"<chunk highscore=\"7\">another attribute</chunk>"`, `"<chunk score=\"NaN\">a</chunk>"`, `"<chunk score=7>no quotes</chunk>"`,
		`[{"type":"image_url","image_url":{"url":"https://example.com/chunk"}}]`, `"the field askonce_score in a text"`, `7`, `null`,
	} {
		if p, err := budget.Read([]byte(`{"messages":[{"role":"user","content":` + content + `}]}`)); p != nil || err != nil {
			t.Errorf("%s: %v, %v", content, p, err)
		}
	}
}

func TestABadScoreNamesItsPlace(t *testing.T) {
	for body, want := range map[string]string{
		`{"messages":[{"role":"user","content":[{"text":"q"},{"text":"a","askonce_score":"0.9"}]}]}`: "messages[0].content[1].askonce_score",
		`{"input":[{"role":"user","content":"a","askonce_score":0.9}]}`:                              "input[0].askonce_score",
	} {
		_, err := budget.Read([]byte(body))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// Whatever the chunks and the caps: what comes out is JSON, nothing but chunks
// is gone, those that stay outrank those that go, and it fits if it can.
func TestFitProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "chunks")
		var content []any
		scores := make(map[string]float64)
		for i := range n {
			name := string(rune('a' + i))
			scores[name] = float64(rapid.IntRange(0, 4).Draw(t, "score")) / 4
			content = append(content, map[string]any{"type": "text", "text": name, "askonce_score": scores[name]})
			if rapid.Bool().Draw(t, "between") {
				content = append(content, map[string]any{"type": "text", "text": "kept"})
			}
		}
		content = append(content, map[string]any{"type": "text", "text": "kept"})
		body, err := json.Marshal(map[string]any{"messages": []any{map[string]any{"role": "user", "content": content}}})
		if err != nil {
			t.Fatal(err)
		}
		p, err := budget.Read(body)
		if err != nil || p.Chunks() != n {
			t.Fatalf("%d chunks of %d, %v", p.Chunks(), n, err)
		}
		most := rapid.IntRange(1, 9).Draw(t, "most")
		f := p.Fit(budget.Caps{Chunks: most}, nil)
		var sent struct {
			Messages []struct {
				Content []map[string]any
			}
		}
		if err := json.Unmarshal(f.Body, &sent); err != nil {
			t.Fatalf("%s: %v", f.Body, err)
		}
		var rest int
		lowest := 2.0
		for _, part := range sent.Messages[0].Content {
			if len(part) != 2 {
				t.Errorf("a part was changed: %v", part)
			}
			name := part["text"].(string)
			if name != "kept" {
				rest++
				lowest = min(lowest, scores[name])
				delete(scores, name)
			}
		}
		if rest != min(n, most) || f.Dropped != n-rest || len(sent.Messages[0].Content) != len(content)-f.Dropped {
			t.Errorf("%d chunks of %d stay, at most %d may; %d dropped", rest, n, most, f.Dropped)
		}
		for name, score := range scores {
			if score > lowest {
				t.Errorf("chunk %s of %v is gone, one of %v stays", name, score, lowest)
			}
		}
	})
}

func FuzzFit(f *testing.F) {
	f.Add([]byte(parts), 1)
	f.Add([]byte(tagged), 2)
	f.Fuzz(func(t *testing.T, body []byte, most int) {
		if !json.Valid(body) {
			return
		}
		p, err := budget.Read(body)
		if p == nil || err != nil {
			return
		}
		got := p.Fit(budget.Caps{Chunks: max(0, most)}, nil)
		if !json.Valid(got.Body) {
			t.Errorf("%s became %s", body, got.Body)
		}
		if again, err := budget.Read(got.Body); err != nil || again != nil && again.Chunks() > p.Chunks() {
			t.Errorf("%s: read again: %v", got.Body, err)
		}
	})
}
