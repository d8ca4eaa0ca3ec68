package estimate

import (
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/askonce/askonce/internal/llm"
)

// loaded is an estimator whose tokenizer of model is there.
func loaded(t testing.TB, model string) *Estimator {
	t.Helper()
	e := New(slog.New(slog.DiscardHandler))
	e.tokenizers.of(model)
	e.Close()
	if e.tokenizers.of(model) == nil {
		t.Fatalf("no tokenizer for %s", model)
	}
	return e
}

func chat(body string) *llm.Call {
	return &llm.Call{Endpoint: llm.Chat, Body: []byte(body), Namespace: "faq"}
}

// The counts are OpenAI's for these requests: usage.prompt_tokens follows from
// the tokenizer and the cookbook's formula.
func TestInputIsCountedWithTheModelsTokenizer(t *testing.T) {
	e := loaded(t, "gpt-4o")
	for body, want := range map[string]int64{
		`{"messages":[{"role":"user","content":"hello world"}]}`:                          2 + 1 + perMessage + perAnswer,
		`{"messages":[{"role":"user","content":[{"type":"text","text":"hello world"}]}]}`: 2 + 1 + perMessage + perAnswer,
		`{"prompt":"hello world"}`:                2 + 1,
		`{"prompt":[1,2,3]}`:                      3,
		`{"input":["hello world","hello world"]}`: 6,
		`{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:x"}}]}]}`: perImage + perMessage + perAnswer,
		`{"messages":[{"content":[{"type":"image_url","image_url":{"url":"x","detail":"low"}}]}]}`:     perLowImage + perMessage + perAnswer,
		`{"model":"gpt-4o"}`: 0,
		`not JSON`:           0,
		``:                   0,
	} {
		if got := e.Demand(chat(body), "gpt-4o"); got.Input != want {
			t.Errorf("%s: %d tokens, want %d", body, got.Input, want)
		}
	}
}

func TestLongRunsAndLongTextsAreQuick(t *testing.T) {
	e := loaded(t, "gpt-4o")
	words := strings.Repeat("The quick brown fox jumps over the lazy dog. ", 40_000)
	for name, text := range map[string]string{"run": strings.Repeat("a", 1<<20), "words": words, "CJK": strings.Repeat("漢", 1<<18)} {
		begun := time.Now()
		got := e.Demand(chat(`{"messages":[{"role":"user","content":"`+text+`"}]}`), "gpt-4o")
		if took := time.Since(begun); took > 2*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
		if got.Input < int64(len(text)/16) {
			t.Errorf("%s: %d tokens for %d bytes", name, got.Input, len(text))
		}
		if name == "words" && math.Abs(float64(got.Input)/400_000-1) > 0.03 {
			t.Errorf("%d tokens, want about 400,000", got.Input)
		}
	}
}

func TestBytesAreCountedUntilTheTokenizerIsThere(t *testing.T) {
	e := New(slog.New(slog.DiscardHandler))
	text := strings.Repeat("four", 100)
	got := e.Demand(chat(`{"messages":[{"role":"user","content":"`+text+`"}]}`), "gpt-4o")
	if want := int64(100 + 1 + perMessage + perAnswer); got.Input != want {
		t.Errorf("%d tokens, want %d", got.Input, want)
	}
}

func TestFactorIsLearnedByModel(t *testing.T) {
	e := loaded(t, "claude")
	call := chat(`{"messages":[{"role":"user","content":"` + strings.Repeat("some words ", 100) + `"}]}`)
	before := e.Demand(call, "claude")
	for range 20 {
		d := e.Demand(call, "claude")
		e.Learn(d, llm.Usage{Input: int64(1.25 * float64(before.Input)), Output: 10})
	}
	if got := e.Demand(call, "claude").Input; math.Abs(float64(got)/float64(before.Input)-1.25) > 0.01 {
		t.Errorf("%d tokens after learning, want 1.25 times %d", got, before.Input)
	}
	if got := e.Demand(call, "another").Input; got != before.Input {
		t.Errorf("another model: %d tokens, want %d", got, before.Input)
	}
}

func TestOutputIsLearnedByModelAndNamespace(t *testing.T) {
	e := New(slog.New(slog.DiscardHandler))
	body := `{"messages":[{"role":"user","content":"hi"}]}`
	if got := e.Demand(chat(body), "m").Output; got != usualOutput {
		t.Errorf("expected %d tokens of an unknown model, want %d", got, usualOutput)
	}
	for i := range 100 {
		e.Learn(e.Demand(chat(body), "m"), llm.Usage{Input: 9, Output: int64(1 + i)})
	}
	learned := e.Demand(chat(body), "m").Output
	if learned < 90 || learned > 110 {
		t.Errorf("expected %d tokens, want the ninth decile of 1 to 100, up to a fifth more", learned)
	}
	if got := e.Demand(chat(`{"n":3,"max_tokens":20,"messages":[{"role":"user","content":"hi"}]}`), "m"); got.Output != 60 || got.Allowed != 60 {
		t.Errorf("three answers of at most 20 tokens: %+v", got)
	}
	other := chat(body)
	other.Namespace = "essays"
	if got := e.Demand(other, "m").Output; got != usualOutput {
		t.Errorf("another namespace expects %d tokens, want %d", got, usualOutput)
	}
	input := &llm.Call{Endpoint: llm.Embeddings, Body: []byte(`{"input":"hi"}`)}
	if got := e.Demand(input, "m").Output; got != 0 {
		t.Errorf("embeddings expect %d tokens of output", got)
	}
}

func TestWhatIsLearnedIsBounded(t *testing.T) {
	b := newBounded[int, factor](8)
	for i := range 100 {
		b.with(i, func(f *factor) { f.learn(2) })
	}
	if len(b.of) != 8 {
		t.Errorf("%d are kept, want 8", len(b.of))
	}
}

func FuzzReadRequest(f *testing.F) {
	f.Add([]byte(`{"messages":[{"role":"user","content":"hello"}],"n":2,"max_tokens":7,"tools":[{"type":"function"}]}`))
	f.Add([]byte(`{"input":[[[1,2]]],"max_output_tokens":-1,"n":1e99}`))
	f.Add([]byte(strings.Repeat("[", 2000)))
	f.Fuzz(func(t *testing.T, body []byte) {
		r := readRequest(body)
		if r.choices < 1 || r.choices > 1024 || r.tokens < 0 || r.allowed < 0 {
			t.Errorf("read %+v", r)
		}
	})
}

func FuzzCount(f *testing.F) {
	f.Add("hello world")
	f.Add(strings.Repeat("é", 600))
	letters := tokenizer(func(text string) int { return len([]rune(text)) })
	f.Fuzz(func(t *testing.T, text string) {
		if got := letters.count(text); len(text) <= maxCounted && got != float64(len([]rune(text))) {
			t.Errorf("%d characters were counted as %v", len([]rune(text)), got)
		}
	})
}

// BenchmarkDemand is what an estimate adds to a call: of a short question and
// of a prompt with documents.
func BenchmarkDemand(b *testing.B) {
	e := loaded(b, "gpt-4o")
	for name, size := range map[string]int{"200B": 200, "24KB": 24 << 10} {
		call := chat(`{"messages":[{"role":"user","content":"` + strings.Repeat("The answer is in the manual. ", size/29) + `"}]}`)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				e.Demand(call, "gpt-4o")
			}
		})
	}
}
