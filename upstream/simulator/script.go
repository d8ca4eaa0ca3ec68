// Scripts: which requests meet which fate.

package simulator

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/goccy/go-yaml"
)

// Step says what happens to the requests that it matches.
type Step struct {
	Match   Match    `yaml:"match"`
	Respond Response `yaml:"respond"`
}

// Match chooses requests. Path, Model and Text are what a request must have, and
// Since and Until when it must come; what is left empty matches all. The step
// counts those that match, from 1, and
// Nth, From, To and Every choose among them by number; all that are set must agree.
type Match struct {
	Path  string `yaml:"path"`  // such as /v1/chat/completions
	Model string `yaml:"model"` // the whole name
	Text  string `yaml:"text"`  // a part of the last user text or, for embeddings, of the first input
	Nth   []int  `yaml:"nth"`   // these
	From  int    `yaml:"from"`  // this and later ones
	To    int    `yaml:"to"`    // this and earlier ones
	Every int    `yaml:"every"` // the multiples of this

	// Since and Until bound when a request comes, from the simulator's start or
	// its last reset. 0 is no bound.
	Since time.Duration `yaml:"since"`
	Until time.Duration `yaml:"until"`
}

// Response is what a step does. Without Status, Error or Body the request is
// answered as usual, apart from what the other fields change.
type Response struct {
	Delay   time.Duration     `yaml:"delay"`   // before anything else, on top of the latency
	Hang    bool              `yaml:"hang"`    // never answer, until the client gives up
	Reset   bool              `yaml:"reset"`   // close the connection instead of answering
	Status  int               `yaml:"status"`  // 300 and up; with Body also 200 and up
	Error   *Error            `yaml:"error"`   // the error document; the status's usual one if absent
	Body    string            `yaml:"body"`    // a body to send as it is
	Headers map[string]string `yaml:"headers"` // set on the answer, whatever it is

	CutAfter       *int `yaml:"cut_after"`       // close the connection after so many chunks; a JSON answer breaks off half-way
	HangAfter      *int `yaml:"hang_after"`      // fall silent after so many chunks
	MalformedAfter *int `yaml:"malformed_after"` // put a broken chunk in after so many

	Answer       string    `yaml:"answer"`        // the text to answer with
	ToolCall     *ToolCall `yaml:"tool_call"`     // call this tool instead of answering with text
	FinishReason string    `yaml:"finish_reason"` // such as content_filter
}

// Error is an error document's content.
type Error struct {
	Message string `yaml:"message"`
	Type    string `yaml:"type"`
	Param   string `yaml:"param"`
	Code    string `yaml:"code"`
}

// ToolCall is a call of a tool; Arguments is a JSON document.
type ToolCall struct {
	Name      string `yaml:"name"`
	Arguments string `yaml:"arguments"`
}

func (e *Error) toAPI(status int) *apiError {
	return &apiError{status: status, message: e.Message, kind: e.Type, param: e.Param, code: e.Code}
}

func (r *Response) statusOr(def int) int {
	if r.Status == 0 {
		return def
	}
	return r.Status
}

// ParseScript reads the steps of a YAML document; the package comment shows
// one. Members that it does not know are errors.
func ParseScript(doc []byte) ([]Step, error) {
	var file struct {
		Steps []Step `yaml:"steps"`
	}
	if err := yaml.NewDecoder(bytes.NewReader(doc), yaml.Strict()).Decode(&file); err != nil {
		return nil, fmt.Errorf("simulator script: %w", err)
	}
	if len(file.Steps) == 0 {
		return nil, errors.New("simulator script: holds no steps; list them under 'steps:'")
	}
	if err := validateSteps(file.Steps); err != nil {
		return nil, fmt.Errorf("simulator script: %w", err)
	}
	return file.Steps, nil
}

// validateSteps returns every problem at once.
func validateSteps(steps []Step) error {
	var problems []error
	for i, step := range steps {
		add := func(key, problem string) {
			problems = append(problems, fmt.Errorf("steps[%d].%s: %s", i, key, problem))
		}
		step.Match.validate(add)
		r := step.Respond
		if r.Delay < 0 {
			add("respond.delay", "is negative")
		}
		if r.Status != 0 && (r.Status < 200 || r.Status > 599) {
			add("respond.status", "is not a final HTTP status, 200 to 599")
		}
		if r.Error != nil && r.Status != 0 && r.Status < 400 {
			add("respond.error", "needs a status of 400 or more")
		}
		if r.ToolCall != nil && r.ToolCall.Name == "" {
			add("respond.tool_call.name", "is empty")
		}
	}
	return errors.Join(problems...)
}

// validate adds what is wrong with m.
func (m *Match) validate(add func(key, problem string)) {
	if m.From < 0 || m.To < 0 || m.Every < 0 || slices.ContainsFunc(m.Nth, func(n int) bool { return n < 1 }) {
		add("match", "requests are counted from 1")
	}
	if m.To > 0 && m.To < m.From {
		add("match.to", "is before from, so nothing matches")
	}
	if m.Since < 0 || m.Until < 0 || (m.Until > 0 && m.Until <= m.Since) {
		add("match.until", "is not after since, so nothing matches")
	}
}

// script is the steps and how often each has matched.
type script struct {
	steps  []Step
	counts []atomic.Int64
	begun  atomic.Pointer[time.Time]
}

func newScript(steps []Step, now time.Time) *script {
	s := &script{steps: slices.Clone(steps), counts: make([]atomic.Int64, len(steps))}
	s.begun.Store(&now)
	return s
}

// find is what the script does with a request that comes now.
func (s *Simulator) find(path, model, text string) *Response {
	return s.script.find(path, model, text, time.Now())
}

// find counts the request with every step that matches it, and returns what
// the first that chooses it does; nil if none does.
func (s *script) find(path, model, text string, now time.Time) *Response {
	var found *Response
	age := now.Sub(*s.begun.Load())
	for i := range s.steps {
		m := &s.steps[i].Match
		if m.matches(path, model, text) && m.covers(age) && m.chooses(int(s.counts[i].Add(1))) && found == nil {
			found = &s.steps[i].Respond
		}
	}
	return found
}

// restart sets the counts and the time back.
func (s *script) restart(now time.Time) {
	s.begun.Store(&now)
	for i := range s.counts {
		s.counts[i].Store(0)
	}
}

func (m *Match) matches(path, model, text string) bool {
	return (m.Path == "" || m.Path == path) &&
		(m.Model == "" || m.Model == model) &&
		strings.Contains(text, m.Text)
}

// covers tells whether a script so old is meant.
func (m *Match) covers(age time.Duration) bool {
	return age >= m.Since && (m.Until == 0 || age < m.Until)
}

// chooses tells whether the nth request that matched is meant.
func (m *Match) chooses(nth int) bool {
	return (len(m.Nth) == 0 || slices.Contains(m.Nth, nth)) &&
		nth >= m.From && (m.To == 0 || nth <= m.To) &&
		(m.Every == 0 || nth%m.Every == 0)
}
