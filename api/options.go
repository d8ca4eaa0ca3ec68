// What a Server is made of, and its checks.

package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/policy"
	"github.com/askonce/askonce/policy/price"
)

// Upstream asks the provider. An error is an *llm.CallError, or the context's.
type Upstream interface {
	Do(ctx context.Context, call *llm.Call) (*http.Response, error)
}

// Options configure a Server. Cache and Upstream are required, and a Secret
// unless there are Keys; the zero value of every other field works.
type Options struct {
	Cache    *cache.Cache
	Upstream Upstream

	// UpstreamURL is the provider's base URL; it is part of every key.
	UpstreamURL string

	// UpstreamKey says that Upstream has a credential of the service's own,
	// which it uses for calls that bring none.
	UpstreamKey bool

	// AllowPaths are the uncached paths on which the service's credential may
	// be spent: a method and a path, such as "GET /v1/models", or with a final
	// "/*" all paths below it. Nil is GET /v1/models and those below; an empty
	// list is none.
	AllowPaths []string

	// Keys are the askonce keys that callers may use. With none, the tenant is
	// made of the caller's own credential and everybody has all roles on it.
	Keys []Key

	// Tier is that of callers without configured keys.
	Tier Tier

	// Limits counts what tenants use. Required if a tier is limited.
	Limits Limits

	// Secret makes tenants of callers' credentials (HMAC-SHA256): at least 16
	// random bytes, the same on every replica and after a restart.
	Secret []byte

	// Loopback demands a loopback Host and a JSON content type, and refuses
	// pages of other sites.
	Loopback bool

	// OpenMetrics shows /metrics without an admin key. It needs none on
	// loopback or where no keys are configured.
	OpenMetrics bool

	// MaxBody is the longest request body in bytes; 20 MB if 0.
	MaxBody int64

	// BodyTimeout is how long a body may take to arrive; 1 minute if 0.
	BodyTimeout time.Duration

	// MemoBytes bounds the memory of bodies whose parse is remembered; 32 MiB
	// if 0, none if negative.
	MemoBytes int64

	// DefaultNamespace is that of requests which name none; "default" if "".
	DefaultNamespace string

	// Prompt answers what may be done to a namespace's prompts. Nil:
	// DefaultPromptRules everywhere.
	Prompt func(tenant, namespace string) PromptRules

	// Budget answers how large a namespace's prompts may be, by what Room
	// tells. Nil: as large as they like.
	Budget func(tenant, namespace string) BudgetRules
	Room   Room

	// Prices turn the tokens of explanations into dollars. Nil: they have none.
	Prices *price.Table

	// Tokens counts a text's tokens for explanations, as a model has them. Nil
	// takes four bytes for one.
	Tokens func(model, text string) int

	Registerer prometheus.Registerer // nil: the metrics are kept but not shown
	Gatherer   prometheus.Gatherer   // behind /metrics; nil: there is none
	Logger     *slog.Logger          // nil: nothing is logged
	Version    string                // of the program
}

const (
	defaultMaxBody   = 20_000_000
	defaultMemoBytes = 32 << 20
	minSecret        = 16
)

func (o *Options) setDefaults() {
	if o.AllowPaths == nil {
		o.AllowPaths = []string{"GET /v1/models", "GET /v1/models/*", "POST /v1/messages/count_tokens"}
	}
	if o.MaxBody == 0 {
		o.MaxBody = defaultMaxBody
	}
	if o.BodyTimeout == 0 {
		o.BodyTimeout = time.Minute
	}
	if o.MemoBytes == 0 {
		o.MemoBytes = defaultMemoBytes
	}
	if o.DefaultNamespace == "" {
		o.DefaultNamespace = cache.DefaultNamespace
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Version == "" {
		o.Version = "unknown"
	}
}

// validate returns every problem at once.
func (o *Options) validate() error {
	var problems []error
	problem := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("api: "+format, args...))
	}
	if o.Cache == nil {
		problem("Cache: a cache is required")
	}
	if o.Upstream == nil {
		problem("Upstream: a client of the provider is required")
	}
	if len(o.Keys) == 0 && len(o.Secret) < minSecret {
		problem("Secret: without Keys, at least %d random bytes are required, there are %d", minSecret, len(o.Secret))
	}
	if o.Limits == nil && (o.Tier.Limited || slices.ContainsFunc(o.Keys, func(k Key) bool { return k.Tier.Limited })) {
		problem("Limits: a tier is limited, so that somebody has to count")
	}
	if o.Budget != nil && o.Room == nil {
		problem("Room: there are budgets for prompts, so that somebody has to tell their size")
	}
	if o.BodyTimeout < 0 {
		problem("BodyTimeout: %v is negative; 0 takes the default", o.BodyTimeout)
	}
	if o.MaxBody < 0 {
		problem("MaxBody: %d is negative; 0 takes the default", o.MaxBody)
	}
	if err := policy.Namespace(o.DefaultNamespace); err != nil {
		problem("DefaultNamespace: %w", err)
	}
	for i, path := range o.AllowPaths {
		if _, err := parseAllowed(path); err != nil {
			problem("AllowPaths[%d]: %w", i, err)
		}
	}
	problems = append(problems, checkKeys(o.Keys)...)
	return errors.Join(problems...)
}

// allowed is a path on which the service's credential may be spent.
type allowed struct {
	method, path string
	below        bool // all paths below path instead of path itself
}

func parseAllowed(s string) (allowed, error) {
	method, path, ok := strings.Cut(s, " ")
	if !ok || method == "" || method != strings.ToUpper(method) || !strings.HasPrefix(path, "/v1/") {
		return allowed{}, fmt.Errorf("%q is not a method and a path under /v1/, such as \"GET /v1/models\"", s)
	}
	path, below := strings.CutSuffix(path, "/*")
	if strings.Contains(path, "*") {
		return allowed{}, fmt.Errorf("%q: a * stands only at the end, after a /", s)
	}
	return allowed{method, path, below}, nil
}

func (a allowed) matches(method, path string) bool {
	if a.method != method {
		return false
	}
	if a.below {
		rest, ok := strings.CutPrefix(path, a.path)
		return ok && len(rest) > 1 && rest[0] == '/'
	}
	return path == a.path
}
