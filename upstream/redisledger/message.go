// What goes to the script and what comes back.

package redisledger

import (
	_ "embed"
	"encoding/json"
	"errors"
	"slices"

	"github.com/askonce/askonce/upstream/limit"
	"github.com/askonce/askonce/upstream/pace"
)

//go:embed subject.lua
var subjectScript string

// serverClock is the clock of the script.
const serverClock = `
local function now()
	local t = redis.call('TIME')
	return t[1] * 1000000 + t[2]
end
`

// request is one question about a subject. What its op does not need is nil.
type request struct {
	op    string
	ask   *limit.Ask
	ahead *limit.Amounts
	grant *limit.Grant
	bill  *pace.Bill
	word  *pace.Word
}

// reply is what the script answers.
type reply struct {
	lost  bool // the counts are others than those that were known
	ok    bool
	epoch int64
	used  []int64 // by axis
	own   []int64 // what the op answers
}

var errReply = errors.New("the limit script gave an answer that this program does not know")

func (a *account) decode(list []int64) (reply, error) {
	n := len(a.axes)
	if len(list) == 2 && list[0] == -1 {
		return reply{lost: true, epoch: list[1]}, nil
	}
	if len(list) < 2+n {
		return reply{}, errReply
	}
	return reply{ok: list[0] == 1, epoch: list[1], used: list[2 : 2+n], own: list[2+n:]}, nil
}

// instantIn is the time that is so many microseconds away; -1 for never and -2
// for a release.
func instantIn(micros int64) limit.Instant {
	switch micros {
	case -1:
		return limit.Never
	case -2:
		return limit.OnRelease
	}
	return now() + limit.Instant(micros)
}

// encodeRules writes the axes' rules, each a list in the order that the script
// reads. Windows and slack are in microseconds. The field of an axis says how it
// is counted, so that another rule does not read what this one has counted.
func encodeRules(axes []limit.Axis) string {
	list := make([][]any, len(axes))
	for i, x := range axes {
		r := x.Rule
		field := x.Name + "/" + r.Counting.String() + "/" + r.Span().String()
		num, den := r.Rate()
		list[i] = []any{
			field, r.Counting.String(), int(x.Unit) + 1, r.Limit, r.Burst,
			r.Span().Microseconds(), r.Slack.Microseconds(), r.Keeps, r.AtEnd, num, den,
		}
	}
	return encode(list)
}

// requestMessage is a request as the script reads it. Times are distances from
// now, but for a grant's, which are the script's own.
type requestMessage struct {
	Replica string          `json:"replica"`
	Alive   json.RawMessage `json:"alive"`
	Known   int64           `json:"known"`

	Want  *limit.Amounts `json:"want,omitempty"`
	Leave *limit.Amounts `json:"leave,omitempty"`
	Spare *limit.Amounts `json:"spare,omitempty"`
	Ahead *limit.Amounts `json:"ahead,omitempty"`
	Even  bool           `json:"even,omitempty"`

	Grant  *grantMessage  `json:"grant,omitempty"`
	Used   *limit.Amounts `json:"used,omitempty"`
	Unsent bool           `json:"unsent,omitempty"`

	Words []wordMessage `json:"words,omitempty"`
	Pause int64         `json:"pause,omitempty"`
	Carry *carryMessage `json:"carry,omitempty"`
}

type grantMessage struct {
	At      limit.Instant `json:"at"`
	Epoch   int64         `json:"epoch"`
	Amounts limit.Amounts `json:"amounts"`
	Floors  []int64       `json:"floors"`
	Seen    []int64       `json:"seen"`
}

type wordMessage struct {
	Axis      int   `json:"axis"` // counted from 1
	Limit     int64 `json:"limit"`
	Remaining int64 `json:"remaining"`
	Reset     int64 `json:"reset"`
}

// carryMessage is what is brought, by axis.
type carryMessage struct {
	Axes []carriedAxis `json:"axes"`
}

// carriedAxis is what was counted before and since, as times and amounts in
// turn, and what is held.
type carriedAxis struct {
	Least  int64   `json:"least"`
	Before []int64 `json:"before"`
	Since  []int64 `json:"since"`
	Held   int64   `json:"held"`
}

// unknownReset is the reset of a word that has none: no distance.
const unknownReset = -1 << 53

// largest bounds what a provider can say to what a double holds exactly.
const largest = 1 << 52

// encode writes a request as of the time at.
func (l *Ledger) encode(a *account, req request, b *brought, at limit.Instant) string {
	m := requestMessage{Replica: l.replica, Alive: l.link.aliveList(), Known: a.known()}
	if req.ask != nil {
		m.Want, m.Leave, m.Spare, m.Even = &req.ask.Want, unlessZero(&req.ask.Leave), unlessZero(&req.ask.Spare), req.ask.Even
		m.Ahead = req.ahead
	}
	if req.grant != nil {
		n := len(a.axes)
		m.Grant = &grantMessage{
			At: req.grant.At, Epoch: req.grant.Epoch, Amounts: req.grant.Amounts,
			Floors: req.grant.Floors[:n], Seen: req.grant.Seen[:n],
		}
	}
	if req.bill != nil {
		m.Used, m.Unsent = &req.bill.Used, req.bill.Unsent
	}
	if req.word != nil {
		m.Words = a.words(req.word.Axes, at)
		m.pauseUntil(req.word.Pause, at)
	}
	if b != nil {
		m.Carry = b.encode(len(a.axes))
		m.pauseUntil(b.pause, at)
	}
	return encode(m)
}

// unlessZero is a, or nil if it is nothing: what is left out need not be read.
func unlessZero(a *limit.Amounts) *limit.Amounts {
	if *a == (limit.Amounts{}) {
		return nil
	}
	return a
}

func (m *requestMessage) pauseUntil(until, at limit.Instant) {
	if until > at {
		m.Pause = max(m.Pause, min(int64(until-at), largest))
	}
}

// words are those about axes that the subject has.
func (a *account) words(words []limit.Word, at limit.Instant) []wordMessage {
	var list []wordMessage
	for _, w := range words {
		i := slices.IndexFunc(a.axes, func(x limit.Axis) bool { return x.Name == w.Axis })
		if i < 0 {
			continue
		}
		m := wordMessage{Axis: i + 1, Limit: min(w.Limit, largest), Remaining: min(w.Remaining, largest), Reset: unknownReset}
		if w.Reset > 0 {
			m.Reset = int64(w.Reset - at)
		}
		list = append(list, m)
	}
	return list
}

func (b *brought) encode(axes int) *carryMessage {
	m := &carryMessage{Axes: make([]carriedAxis, axes)}
	for i := range m.Axes {
		m.Axes[i] = carriedAxis{
			Least: b.mirror[i].Used, Before: b.marks(b.mirror[i]), Since: b.marks(b.since[i]), Held: b.held[i],
		}
	}
	return m
}

// marks are the amounts of a state with how long ago they count as taken.
func (b *brought) marks(s limit.State) []int64 {
	list := make([]int64, 0, 2*max(len(s.Log), 1))
	for _, mark := range s.Log {
		list = append(list, int64(mark.At-b.at), mark.N)
	}
	if len(s.Log) == 0 && s.Used > 0 {
		list = append(list, int64(s.At-b.at), s.Used)
	}
	return list
}

// encode is v as JSON. What is encoded here always can be.
func encode(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}
