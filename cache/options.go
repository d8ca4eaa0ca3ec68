package cache

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/askonce/askonce/policy/guard"
	"github.com/askonce/askonce/policy/price"
	"github.com/askonce/askonce/policy/tune"
)

// Options configure a Cache. The zero value of every field but Store works.
type Options struct {
	// Store keeps the entries. Required.
	Store Store

	// Index and Embedder make the semantic layer; both or none.
	Index    Index
	Embedder Embedder

	// Verifier takes the second look at candidates where the rules' Score asks
	// for it. Nil: such lookups miss.
	Verifier Verifier

	// Rules answers what holds in a namespace. Nil: DefaultRules everywhere.
	// It is called for every request and must be quick.
	Rules func(tenant, namespace string) Rules

	L1Bytes       int64 // first-level cache; 64 MiB if 0, none if negative
	VectorBytes   int64 // vectors of texts embedded lately; 16 MiB if 0, none if negative
	MaxEntryBytes int   // a longer answer is not kept; 16 MiB if 0

	Budget       time.Duration // for all cache work of a request; 250 ms if 0
	StoreTimeout time.Duration // for one call of the Store; 100 ms if 0
	IndexTimeout time.Duration // for one call of the Index; 200 ms if 0
	EmbedTimeout time.Duration // for one call of the Embedder; 200 ms if 0

	VerifyTimeout time.Duration // for one call of the Verifier; 200 ms if 0

	// WriteTimeout bounds one durable write, where no request waits or the
	// caller asked for durability; 10 s if 0.
	WriteTimeout time.Duration

	// FlightTimeout bounds a call to the origin that outlived its caller;
	// 15 min if 0.
	FlightTimeout time.Duration

	// Prices turn tokens saved and spent into dollars. Nil: they are counted as
	// tokens without a price.
	Prices *price.Table

	// AuditWorkers is how many audits are made at a time, in the background; 2 if 0.
	AuditWorkers int

	// Alarmed, if not nil, hears of each threshold that an alarm of this
	// replica has tightened. It must not wait.
	Alarmed func(Alarm)

	QueueEntries int   // answers waiting for their durable write; 4096 if 0
	QueueBytes   int64 // and their size; 64 MiB if 0

	Registerer prometheus.Registerer // nil: the metrics are kept but not shown
	Logger     *slog.Logger          // nil: nothing is logged
}

// Rules are what a namespace's requests are treated by.
type Rules struct {
	Mode             Mode      // ModeSemantic, ModeShadow, ModeExact or ModeOff
	Score            Score     // what Threshold acts on
	Threshold        float64   // least score of a semantic hit
	ThresholdVersion string    // named on receipts, such as "default" or "v3"
	Floor            float64   // least cosine at which the verifier is asked; for ScoreVerified
	Guards           guard.Set // what may refuse a candidate
	TTL              time.Duration

	// NowTTL is how long an answer may serve other wordings of a question about
	// now, while guard.Now is on; 0: never.
	NowTTL time.Duration

	// AllowSubstitutes keeps the answers of substitutes: models that answered
	// instead of the one asked for.
	AllowSubstitutes bool

	Audit AuditRules
}

// AuditRules say how a namespace's semantic hits are audited: asked upstream as
// well, and compared.
type AuditRules struct {
	// Share of the hits that are audited. Each costs an upstream call.
	Share float64

	// Precision is promised where the threshold has no certificate that
	// promises one: the least share of hits that are right.
	Precision float64

	// Level is how likely an alarm is to be false, over all the time that a
	// threshold serves. 0: no alarm is raised.
	Level float64
}

// DefaultRules hold where nothing else was said.
func DefaultRules() Rules { return RulesOf(ScoreCosine) }

// RulesOf are the defaults where the threshold acts on score.
func RulesOf(score Score) Rules {
	rules := Rules{
		Mode: ModeSemantic, Score: score, Threshold: 0.95, ThresholdVersion: "default", Floor: 0.5, Guards: guard.All,
		TTL: 24 * time.Hour, NowTTL: 5 * time.Minute, Audit: AuditRules{Precision: tune.DefaultPrecision, Level: 0.05},
	}
	if score == ScoreVerified {
		rules.Threshold = 0.89
	}
	return rules
}

func (o *Options) setDefaults() {
	setDefault(&o.L1Bytes, 64<<20)
	setDefault(&o.VectorBytes, 16<<20)
	setDefault(&o.MaxEntryBytes, 16<<20)
	setDefault(&o.Budget, 250*time.Millisecond)
	setDefault(&o.StoreTimeout, 100*time.Millisecond)
	setDefault(&o.IndexTimeout, 200*time.Millisecond)
	setDefault(&o.EmbedTimeout, 200*time.Millisecond)
	setDefault(&o.VerifyTimeout, 200*time.Millisecond)
	setDefault(&o.WriteTimeout, 10*time.Second)
	setDefault(&o.FlightTimeout, 15*time.Minute)
	setDefault(&o.QueueEntries, 4096)
	setDefault(&o.AuditWorkers, 2)
	setDefault(&o.QueueBytes, 64<<20)
	if o.Rules == nil {
		o.Rules = func(string, string) Rules { return DefaultRules() }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// validate returns every problem at once.
func (o *Options) validate() error {
	var problems []error
	problem := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("cache: "+format, args...))
	}
	if o.Store == nil {
		problem("Store: an entry store is required")
	}
	if (o.Index == nil) != (o.Embedder == nil) {
		problem("Index, Embedder: the semantic layer needs both; leave both nil for the exact layer alone")
	}
	for name, d := range map[string]time.Duration{
		"Budget": o.Budget, "StoreTimeout": o.StoreTimeout, "IndexTimeout": o.IndexTimeout, "EmbedTimeout": o.EmbedTimeout,
		"VerifyTimeout": o.VerifyTimeout, "WriteTimeout": o.WriteTimeout, "FlightTimeout": o.FlightTimeout,
	} {
		if d < 0 {
			problem("%s: %v is negative; 0 takes the default", name, d)
		}
	}
	if o.MaxEntryBytes < 0 {
		problem("MaxEntryBytes: %d is negative; 0 takes the default", o.MaxEntryBytes)
	}
	if o.AuditWorkers < 0 {
		problem("AuditWorkers: %d is negative; 0 takes the default", o.AuditWorkers)
	}
	if o.QueueEntries < 0 || o.QueueBytes < 0 {
		problem("QueueEntries, QueueBytes: negative; 0 takes the default")
	}
	return errors.Join(problems...)
}
