// What became of calls, told apart by the mark that a load generator puts into
// their prompts.

package simulator

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// maxMarked bounds the marks that are remembered; later ones are not.
const maxMarked = 1 << 20

// Tally is what became of the calls of text and embeddings.
type Tally struct {
	Answered               int64 `json:"answered"`                  // status 200
	RateLimited            int64 `json:"rate_limited"`              // status 429
	RateLimitedAfterHeader int64 `json:"rate_limited_after_header"` // of them: came after an answer had told how the limits stand
	DuplicateCalls         int64 `json:"duplicate_calls"`           // answered again, by the mark in the prompt
	PeakConcurrency        int64 `json:"peak_concurrency"`
	Input                  int64 `json:"input_tokens"`  // of answers
	Cached                 int64 `json:"cached_tokens"` // of them: read from the prefix cache
	Output                 int64 `json:"output_tokens"`
}

// callMark precedes the twelve digits of a mark.
const callMark = "load call "

// CallMark is what a load generator puts into a prompt, so that its calls are
// told apart: "load call 000000000042".
func CallMark(n uint64) string { return callMark + digits(n) }

func digits(n uint64) string { return fmt.Sprintf("%012d", n%1e12) }

// markOf finds the digits of a mark; "" if there is none.
func markOf(text string) string {
	_, rest, found := strings.Cut(text, callMark)
	if !found || len(rest) < 12 || strings.Trim(rest[:12], "0123456789") != "" {
		return ""
	}
	return strings.Clone(rest[:12])
}

// tally counts. Its zero value is ready.
type tally struct {
	mu       sync.Mutex
	counts   Tally
	inFlight int64
	answered map[string]bool // marks
	told     map[account]bool
}

// call is one under way.
type call struct {
	t       *tally
	account account
	mark    string
	told    bool // when it came, an answer had told of the limits
}

// begin counts a call that comes.
func (t *tally) begin(a account, mark string) *call {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.inFlight++
	t.counts.PeakConcurrency = max(t.counts.PeakConcurrency, t.inFlight)
	return &call{t: t, account: a, mark: mark, told: t.told[a]}
}

// answer counts the head of its answer, about to be sent.
func (c *call) answer(status int, h http.Header) {
	t := c.t
	t.mu.Lock()
	defer t.mu.Unlock()
	if tells(h) {
		if t.told == nil {
			t.told = make(map[account]bool)
		}
		t.told[c.account] = true
	}
	switch status {
	case http.StatusTooManyRequests:
		t.counts.RateLimited++
		if c.told {
			t.counts.RateLimitedAfterHeader++
		}
	case http.StatusOK:
		t.counts.Answered++
		t.note(c.mark)
	}
}

// note remembers an answered mark, and counts one that was answered before.
func (t *tally) note(mark string) {
	switch {
	case mark == "":
	case t.answered[mark]:
		t.counts.DuplicateCalls++
	case len(t.answered) < maxMarked:
		if t.answered == nil {
			t.answered = make(map[string]bool)
		}
		t.answered[mark] = true
	}
}

// end counts what the answer cost.
func (c *call) end(u usage) {
	c.t.mu.Lock()
	defer c.t.mu.Unlock()
	c.t.inFlight--
	c.t.counts.Input += int64(u.prompt)
	c.t.counts.Cached += int64(u.cached)
	c.t.counts.Output += int64(u.output)
}

// all is what was counted so far.
func (t *tally) all() Tally {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.counts
}

// restart forgets all but what is under way.
func (t *tally) restart() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts, t.answered, t.told = Tally{PeakConcurrency: t.inFlight}, nil, nil
}
