// Embeddings: split and joined without touching a byte of a vector.

package llm

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSplitInputs(t *testing.T) {
	cases := []struct {
		input string
		parts []string
	}{
		{`"a"`, []string{`"a"`}},
		{`["a"]`, []string{`["a"]`}},
		{`[1,2]`, []string{`[1,2]`}},
		{`[[1,2]]`, []string{`[[1,2]]`}},
		{`[ "a", "b\n\"]" ,"a"]`, []string{`"a"`, `"b\n\"]"`, `"a"`}},
		{`[[1,2],[3]]`, []string{`[1,2]`, `[3]`}},
	}
	for _, c := range cases {
		whole := mustParse(t, Embeddings, `{"input": `+c.input+`, "model":"m","x":1.0}`)
		parts, err := whole.SplitInputs()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range parts {
			got = append(got, string(p.Body))
			again := mustParse(t, Embeddings, string(p.Body))
			if again.Key != p.Key || p.Model != "m" {
				t.Errorf("%s: part %s has another key than its body", c.input, p.Body)
			}
		}
		for i := range c.parts {
			c.parts[i] = `{"input": ` + c.parts[i] + `, "model":"m","x":1.0}`
		}
		if !slices.Equal(got, c.parts) {
			t.Errorf("%s:\n got %s\nwant %s", c.input, got, c.parts)
		}
		if joined := JoinInputs(parts); joined.Key != whole.Key {
			t.Errorf("%s: joined to %s", c.input, joined.Body)
		}
	}
	parts, err := mustParse(t, Embeddings, `{"model":"m","input":["a","b","c"]}`).SplitInputs()
	if err != nil {
		t.Fatal(err)
	}
	if got := string(JoinInputs([]*Request{parts[2], parts[0]}).Body); got != `{"model":"m","input":["c","a"]}` {
		t.Errorf("joined to %s", got)
	}
}

func TestSplitInputsBounds(t *testing.T) {
	many := `{"model":"m","input":["a"` + strings.Repeat(`,"a"`, maxSplitInputs) + `]}`
	long := `{"model":"m","input":["a","b"],"x":"` + strings.Repeat("x", maxSplitRest) + `"}`
	for _, body := range []string{many, long} {
		if parts, err := mustParse(t, Embeddings, body).SplitInputs(); err == nil {
			t.Errorf("split into %d parts", len(parts))
		}
	}
}

func TestSplitEmbeddings(t *testing.T) {
	const answer = `{"object":"list","data":[{"object":"embedding","index":1,"embedding":"AAAA"},{"object":"embedding","index":0,"embedding":[0.10, -1e-05]}],"model":"e","usage":{"prompt_tokens":10,"total_tokens":10,"note":"x"}}`
	parts, err := SplitEmbeddings([]byte(answer), []int{1, 3})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.10, -1e-05]}],"model":"e","usage":{"prompt_tokens":3,"total_tokens":3,"note":"x"}}`,
		`{"object":"list","data":[{"object":"embedding","index":0,"embedding":"AAAA"}],"model":"e","usage":{"prompt_tokens":7,"total_tokens":7,"note":"x"}}`,
	}
	for i := range want {
		if string(parts[i]) != want[i] {
			t.Errorf("part %d:\n got %s\nwant %s", i, parts[i], want[i])
		}
	}
	joined, err := JoinEmbeddings(parts)
	if err != nil {
		t.Fatal(err)
	}
	whole := `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.10, -1e-05]},{"object":"embedding","index":1,"embedding":"AAAA"}],"model":"e","usage":{"prompt_tokens":10,"total_tokens":10,"note":"x"}}`
	if string(joined) != whole {
		t.Errorf("joined:\n got %s\nwant %s", joined, whole)
	}
	usageFirst := `{"usage":{"total_tokens":2},"data":[{"embedding":"A"},{"embedding":"B"}]}`
	parts, err = SplitEmbeddings([]byte(usageFirst), []int{0, 0})
	if err != nil || string(parts[1]) != `{"usage":{"total_tokens":1},"data":[{"index":0,"embedding":"B"}]}` {
		t.Errorf("got %s, %v", parts, err)
	}
}

func TestSplitEmbeddingsErrors(t *testing.T) {
	for _, answer := range []string{
		``, `{`, `[]`, `{}`, `{"data":[]}`, `{"data":[{"embedding":[1]}]}`, `{"data":[{"x":1},{"x":1}]}`, `{"error":{}}`,
		`{"data":[{"index":0,"embedding":"A"},{"index":0,"embedding":"B"}]}`,
		`{"data":[{"index":0,"embedding":"A"},{"index":2,"embedding":"B"}]}`,
	} {
		if parts, err := SplitEmbeddings([]byte(answer), []int{1, 1}); err == nil {
			t.Errorf("%s was split into %s", answer, parts)
		}
	}
	if _, err := JoinEmbeddings(nil); err == nil {
		t.Error("no parts were joined")
	}
	if _, err := JoinEmbeddings([][]byte{[]byte(`{}`)}); err == nil {
		t.Error("a part without data was joined")
	}
}

// TestEmbeddingsRoundTrip splits and joins answers of any size: the usage's sum
// and every vector stay.
func TestEmbeddingsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.IntRange(0, 1<<20), 1, 20).Draw(t, "weights")
		total := rapid.Int64Range(0, 1<<40).Draw(t, "total")
		answer := []byte(`{"data":[`)
		for i := range weights {
			answer = fmt.Appendf(answer, `%s{"embedding":"v%d","index":%d}`, ","[:min(i, 1)], i, i)
		}
		answer = fmt.Appendf(answer, `],"usage":{"prompt_tokens":%d}}`, total)
		parts, err := SplitEmbeddings(answer, weights)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range parts {
			if r, err := ParseResponse(Embeddings, p); err != nil || !r.HasUsage || r.Usage.Input < 0 {
				t.Fatalf("%s: %+v, %v", p, r, err)
			}
		}
		joined, err := JoinEmbeddings(parts)
		if err != nil || !bytes.Equal(joined, answer) {
			t.Fatalf("got  %s, %v\nwant %s", joined, err, answer)
		}
	})
}
