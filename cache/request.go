package cache

import (
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/askonce/askonce/internal/llm"
)

// DefaultNamespace is the namespace of requests that name none.
const DefaultNamespace = "default"

// Request is a question to the cache: who asks, what is asked, and how the
// answer may be found. Make one with NewRequest or NewPrompt.
type Request struct {
	Tenant    string
	Namespace string
	Kind      string // KindPrompt or the endpoint
	Model     string

	Key   Key   // of the exact layer
	Scope Scope // of the semantic layer, before the embedder's identity is added

	// Query is the text to embed; "" means exact only, and NoQuery why.
	Query   string
	NoQuery string

	// Asked, unless nil, is set by the Load of this request when it begins to
	// ask the origin. Until then it waits for its turn, and is given up when
	// nobody waits for the answer any more.
	Asked *atomic.Bool

	// Audit, unless nil, asks the origin for an audit of a semantic hit, behind
	// the request: by other means than its Load, with a credential that may be
	// spent for that. nil: the request is not audited.
	Audit Load

	Directives
}

// Mode says which layers may answer.
type Mode string

// The modes; the zero Mode is the namespace's default.
const (
	ModeDefault  Mode = ""
	ModeSemantic Mode = "semantic" // exact, then semantic
	ModeShadow   Mode = "shadow"   // exact only; what semantic would serve is recorded
	ModeExact    Mode = "exact"    // exact only
	ModeOff      Mode = "off"      // neither look up nor store
)

// Semantic reports whether questions of the same meaning are looked for.
func (m Mode) Semantic() bool { return m == ModeSemantic || m == ModeShadow }

// Directives are a caller's wishes for one request. The zero value has none.
type Directives struct {
	Mode         Mode
	NoCache      bool // ask upstream, never join a flight; the answer is stored
	NoStore      bool // do not keep the answer
	OnlyIfCached bool // a miss is ErrNotCached

	MaxAge    time.Duration // oldest entry to accept; only if HasMaxAge
	HasMaxAge bool
	MinFresh  time.Duration // the entry must live for this much longer

	// Threshold raises the namespace's threshold for this request; a lower
	// one is clamped. 0 leaves it.
	Threshold float64

	TTL  time.Duration // life of a stored answer; 0 is the namespace's
	Tags []string      // an entry must carry all of them; stored ones get them
}

// variant tells requests apart that have the same key but may not share a
// flight, since their answers are looked up or stored in different ways.
func (d *Directives) variant() string {
	if d.Mode == "" && !d.HasMaxAge && d.MinFresh == 0 && d.Threshold == 0 && d.TTL == 0 && len(d.Tags) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString(string(d.Mode))
	b.WriteByte('|')
	if d.HasMaxAge {
		b.WriteString(d.MaxAge.String())
	}
	b.WriteByte('|')
	b.WriteString(d.MinFresh.String())
	b.WriteByte('|')
	b.WriteString(d.TTL.String())
	b.WriteByte('|')
	b.WriteString(strconv.FormatFloat(d.Threshold, 'g', -1, 64))
	tags := slices.Sorted(slices.Values(d.Tags))
	for _, tag := range tags {
		b.WriteByte('|')
		b.WriteString(strconv.Quote(tag))
	}
	return b.String()
}

// accepts reports whether the caller takes an entry with this meta now, and if
// not, why.
func (d *Directives) accepts(m *Meta, now time.Time) (bool, Reason) {
	switch {
	case !m.Expires.After(now.Add(d.MinFresh)):
		return false, ReasonExpired
	case d.HasMaxAge && now.Sub(m.Created) > d.MaxAge:
		return false, ReasonTooOld
	case !hasAll(m.Tags, d.Tags):
		return false, ReasonTags
	}
	return true, ""
}

// Origin is where a request's answer would come from; all of it is part of the
// key, since the same body gets other answers elsewhere.
type Origin struct {
	Upstream string   // the provider's base URL
	Query    string   // the request's raw query string
	Headers  []string // "Name: value" of headers that change the answer (beta features), sorted
}

// NewRequest makes the request for a body that an endpoint received.
func NewRequest(tenant, namespace string, origin Origin, view *llm.Request) *Request {
	r := &Request{
		Tenant:    tenant,
		Namespace: orDefault(namespace),
		Kind:      string(view.Endpoint),
		Model:     view.Model,
		Query:     view.Query,
		NoQuery:   view.NoQuery,
	}
	r.Key = Key(digest("askonce key 1", r.Tenant, r.Namespace, r.Kind, origin, view.Key))
	if r.Query != "" {
		r.Scope = Scope(digest("askonce scope 1", r.Tenant, r.Namespace, r.Kind, origin, view.Scope))
	}
	return r
}

// NewPrompt makes the request for a bare prompt.
func NewPrompt(tenant, namespace, prompt string) *Request {
	r := &Request{
		Tenant:    tenant,
		Namespace: orDefault(namespace),
		Kind:      KindPrompt,
		Query:     prompt,
	}
	r.Key = Key(digest("askonce key 1", r.Tenant, r.Namespace, r.Kind, Origin{}, llm.Digest(sum(prompt))))
	r.Scope = Scope(digest("askonce scope 1", r.Tenant, r.Namespace, r.Kind, Origin{}, llm.Digest{}))
	if strings.TrimSpace(prompt) == "" {
		r.Query, r.NoQuery = "", "empty"
	}
	return r
}

func orDefault(namespace string) string {
	if namespace == "" {
		return DefaultNamespace
	}
	return namespace
}
