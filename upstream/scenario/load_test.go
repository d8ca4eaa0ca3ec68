package scenario

import (
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/askonce/askonce/upstream/simulator"
)

// A call costs what its load says, by the provider's count.
func TestCallsHaveTheirSize(t *testing.T) {
	for _, s := range All() {
		sim, err := simulator.New(simulator.Options{Answer: answer})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range s.Load {
			w := httptest.NewRecorder()
			body := l.body(s.ModelName(), 7, rand.New(rand.NewPCG(1, 2)))
			sim.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/v1/chat/completions", strings.NewReader(string(body))))
			raw, _ := io.ReadAll(w.Body)
			usage := gjson.GetBytes(raw, "usage")
			if in, out := usage.Get("prompt_tokens").Int(), usage.Get("completion_tokens").Int(); in != int64(l.Prompt) || out != int64(l.Output) {
				t.Errorf("%s: %d + %d tokens, want %d + %d", s.Name, in, out, l.Prompt, l.Output)
			}
		}
	}
}

func TestUnderOtherLimits(t *testing.T) {
	limits, err := simulator.ParseLimits("requests=100,tokens=90000:token_bucket")
	if err != nil {
		t.Fatal(err)
	}
	s := liar().Under(limits) // three times what it has
	if got := s.Load[0].Every; got != 125*time.Millisecond {
		t.Errorf("a call every %s, want 125ms", got)
	}
	if got := s.DeclaredLimits(); got[0].Amount != 200 || got[1].Amount != 180_000 || got[1].Window != time.Minute {
		t.Errorf("declared %v, want twice %v", got, s.Limits)
	}
	if liar().Load[0].Every != 375*time.Millisecond {
		t.Error("the scenario itself has changed")
	}
}
