package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/askonce/askonce/api"
	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/policy/price"
)

var handbook = strings.Repeat("Parcels are sent within two days of the order.\n", 150) // some 1,700 tokens

// helpdesk is a chat whose long instructions begin with the time.
func helpdesk(t *testing.T, clock, question string) string {
	t.Helper()
	system, err := json.Marshal("You are a helper.\nCurrent time: " + clock + "\n\n" + handbook + "\nAlways answer in English.")
	must(t, err)
	return fmt.Sprintf(`{"model":"gpt-4o","messages":[{"role":"system","content":%s},{"role":"user","content":%q}]}`, system, question)
}

// explained is a service with prices, and its answers as the document has them.
func explained(t *testing.T) (w *world, ask func(body string, headers ...string) *api.Explanation) {
	t.Helper()
	table, err := price.Published(nil)
	must(t, err)
	w = newWorld(t, plan{options: func(o *api.Options) { o.Prices = table }, cache: func(o *cache.Options) { o.Prices = table }})
	d := readDocument(t, w)
	return w, func(body string, headers ...string) *api.Explanation {
		t.Helper()
		got := w.post("/v1/prompt/explain", body, headers...).wants(t, 200)
		d.checkAnswer(t, "/paths/~1v1~1prompt~1explain/post", got)
		var x api.Explanation
		must(t, json.Unmarshal([]byte(got.body), &x))
		return &x
	}
}

func TestExplainTellsWhatServingDoes(t *testing.T) {
	w, ask := explained(t)
	body := helpdesk(t, "10:35:22", "Where is my parcel?")
	x := ask(`{"request":` + body + `}`)
	if w.provider.calls() != 0 {
		t.Error("the provider was asked")
	}
	if x.Endpoint != "chat" || x.Mode != "on" || x.NamespaceMode != "observe" || x.Learned {
		t.Errorf("%+v", x)
	}
	if len(x.Moves) != 1 || x.Moves[0].Text != "Current time: 10:35:22" || x.Moves[0].Why != "tells a time of day" {
		t.Errorf("moves %+v, held %+v", x.Moves, x.Held)
	}
	if before, after := x.StablePrefix.Before, x.StablePrefix.After; before.Tokens > 10 || before.Kept != 0 || after.Tokens < 1700 || after.Kept%128 != 0 ||
		before.Reason != "clock_time" || after.Reason != "label" || x.Saving.Tokens != after.Kept {
		t.Errorf("before %+v, after %+v, saving %+v", before, after, x.Saving)
	}
	if want := float64(x.Saving.Tokens) * 1.25 / 1e6; x.Saving.USD == nil || *x.Saving.USD != want || x.Saving.Price.Source != "https://openai.com/api/pricing" {
		t.Errorf("saving %+v, want %v USD", x.Saving, want)
	}
	if !strings.Contains(x.Unified, "@@ messages[0] (system) @@\n You are a helper.\n-Current time: 10:35:22\n") || !strings.Contains(x.Unified, "+For this request:\n+Current time: 10:35:22\n") {
		t.Errorf("unified:\n%s", x.Unified)
	}
	w.chat(body, "Askonce-Prompt-Order", "on").wants(t, 200)
	if sent := w.provider.last(t).body; sent != string(x.After) {
		t.Errorf("sent %.300s\nexplained %.300s", sent, x.After)
	}
}

func TestExplainKnowsWhatWasLearnedAndTeachesNothing(t *testing.T) {
	w, ask := explained(t)
	letter := func(i int) string {
		return helpdesk(t, fmt.Sprintf("quarter past %c", 'a'+i), fmt.Sprintf("Where is parcel %d?", i))
	}
	mode := `,"mode":"on"}`
	for i := range 20 {
		if x := ask(`{"request":` + strings.Replace(letter(i), "Current time", "Mood", 1) + mode); x.Learned || len(x.Moves) != 0 {
			t.Fatalf("explanation %d taught: %+v", i, x.Moves)
		}
	}
	for i := range 20 {
		w.chat(strings.Replace(letter(i), "Current time", "Mood", 1)).wants(t, 200)
	}
	x := ask(`{"request":` + strings.Replace(letter(25), "Current time", "Mood", 1) + mode)
	if !x.Learned || len(x.Moves) != 1 || x.Moves[0].Reason != "learned" || x.StablePrefix.Before.Reason != "learned" {
		t.Errorf("learned %v, moves %+v, prefix %+v", x.Learned, x.Moves, x.StablePrefix)
	}
	if other := ask(`{"namespace":"other","request":` + letter(25) + `}`); other.Learned {
		t.Error("another namespace knows it as well")
	}
	if stranger := ask(`{"request":`+letter(25)+`}`, "Authorization", "Bearer sk-else"); stranger.Learned {
		t.Error("another tenant knows it as well")
	}
}

func TestExplainMarksAndWarnings(t *testing.T) {
	_, ask := explained(t)
	message, err := json.Marshal(map[string]any{
		"model": "claude-sonnet-4-5", "max_tokens": 9, "system": handbook,
		"messages": []any{map[string]any{"role": "user", "content": []any{
			map[string]any{"type": "hologram"}, map[string]any{"type": "text", "text": "What is this?"},
		}}},
	})
	must(t, err)
	x := ask(`{"request":` + string(message) + `}`)
	set := slices.IndexFunc(x.Marks, func(m api.ExplainedMark) bool { return m.Set })
	if x.Endpoint != "messages" || set < 0 || x.Marks[set].Place != "system" || x.Marks[set].SavingTokens < 500 || x.Saving.Tokens < 1700 || *x.Saving.USD <= 0 {
		t.Errorf("endpoint %s, marks %+v, saving %+v", x.Endpoint, x.Marks, x.Saving)
	}
	if !slices.ContainsFunc(x.Warnings, func(s string) bool { return strings.Contains(s, `messages[0].content[0] has the type "hologram"`) }) {
		t.Errorf("warnings %q", x.Warnings)
	}
	if !strings.Contains(x.Unified, "+[cache_control]\n") {
		t.Errorf("unified:\n%s", x.Unified)
	}
	input := ask(`{"request":{"model":"unheard-of","input":"hi","instructions":"Be brief."},"mode":"off"}`)
	if input.Endpoint != "responses" || input.Saving.USD != nil || len(input.Diff) != 0 || string(input.Before) != string(input.After) {
		t.Errorf("%+v", input)
	}
}

func TestExplainNamesWhatIsWrong(t *testing.T) {
	w, _ := explained(t)
	for body, names := range map[string]string{
		`{}`: "request", `{"request":[]}`: "request", `{"request":{"model":"m"}}`: "request.messages",
		`{"request":` + question("x") + `,"endpoint":"embeddings"}`: "endpoint", `{"request":` + question("x") + `,"mode":"best"}`: "mode",
		`{"request":` + question("x") + `,"namespace":"a b"}`: "namespace", `{"requests":1}`: "did you mean request?",
	} {
		if got := w.post("/v1/prompt/explain", body).wants(t, 400); !strings.Contains(got.body, names) {
			t.Errorf("%s: %s is not named: %s", body, names, got.body)
		}
	}
	if strings.Contains(w.log.String(), "Parcels are sent") {
		t.Error("the log holds a prompt")
	}
}
