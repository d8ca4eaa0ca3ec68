// The configuration: its keys, what they mean, and their defaults.

package main

import (
	"os"
	"path/filepath"
	"time"

	"github.com/askonce/askonce/cache"
)

// Config is everything that can be set. Every scalar key can be set in the
// file, under the name in its yaml tag, and in the environment, under
// ASKONCE_ and the path of keys in capitals joined by underscores:
// upstream.base_url is ASKONCE_UPSTREAM_BASE_URL. Flags win over the
// environment, the environment over the file.
type Config struct {
	// Listen is the address to serve on, host:port; port 0 takes a free one.
	Listen string `yaml:"listen"`

	// Data is the folder that holds all state.
	Data string `yaml:"data"`

	// Insecure lets the service listen beyond loopback without keys.
	Insecure bool `yaml:"insecure"`

	// MaxBody is the longest request body.
	MaxBody Bytes `yaml:"max_body"`

	// DrainTimeout is how long a shutdown waits for requests in flight and
	// then for answers that are not written yet.
	DrainTimeout time.Duration `yaml:"drain_timeout"`

	// DrainDelay is how long a shutdown says at /readyz that it is leaving
	// before it stops accepting connections, for balancers to notice.
	DrainDelay time.Duration `yaml:"drain_delay"`

	Upstream UpstreamConfig `yaml:"upstream"`
	Cache    CacheConfig    `yaml:"cache"`

	// Redis and Qdrant, each where its URL is set, take the place of the data
	// folder for answers and for vectors.
	Redis  RedisConfig  `yaml:"redis"`
	Qdrant QdrantConfig `yaml:"qdrant"`

	// Namespaces have rules of their own; what they leave out is the cache's.
	Namespaces map[string]NamespaceConfig `yaml:"namespaces"`

	// Prompt is how prompts are prepared for the provider's prefix cache.
	Prompt PromptConfig `yaml:"prompt"`

	// Prices of models take the place of published ones, or add to them.
	Prices map[string]PriceConfig `yaml:"prices"`

	Embedder EmbedderConfig `yaml:"embedder"`

	// Verifier is what reads questions in pairs, where the score is verified:
	// builtin, off.
	Verifier string `yaml:"verifier"`

	// Tiers are what tenants may use. Three are there without being listed.
	Tiers map[string]TierConfig `yaml:"tiers"`

	// DefaultTier is that of keys that name none, and of callers without one;
	// "" does not limit them.
	DefaultTier string `yaml:"default_tier"`

	// Alerts are raised when the use of a day passes 70 % and 90 %.
	Alerts AlertsConfig `yaml:"alerts"`

	// Keys are the askonce keys that callers may use. With none, every caller
	// is a tenant by the credential that he sends.
	Keys []KeyConfig `yaml:"keys"`

	Log     LogConfig     `yaml:"log"`
	Metrics MetricsConfig `yaml:"metrics"`
}

// UpstreamConfig is the provider and how it is called.
type UpstreamConfig struct {
	// BaseURL is where the provider's API begins, with the version.
	BaseURL string `yaml:"base_url"`

	// APIKey is the service's own credential; APIKeyFile a file that holds it.
	// Without one, callers' own credentials go upstream.
	APIKey     Secret `yaml:"api_key"`
	APIKeyFile string `yaml:"api_key_file"`

	Timeout        time.Duration `yaml:"timeout"`         // of a call with all its tries
	ConnectTimeout time.Duration `yaml:"connect_timeout"` // of connecting
	MaxTries       int           `yaml:"max_tries"`       // 1: no retries

	// MaxWait is how long calls wait for limits, by lane.
	MaxWait WaitConfig `yaml:"max_wait"`

	// Limits are the provider's, where there are no deployments.
	Limits LimitsConfig `yaml:"limits"`

	// Deployments, by name, take the place of base_url and api_key. Default is
	// the one that is asked for what names no model.
	Deployments map[string]DeploymentConfig `yaml:"deployments"`
	Default     string                      `yaml:"default"`

	// Models are names that callers use, and the deployments that answer.
	Models map[string]ModelConfig `yaml:"models"`

	// Probe is how long a deployment that failed is left alone.
	Probe time.Duration `yaml:"probe"`

	// AllowPaths are the uncached paths on which the service's own credential
	// may be spent: "METHOD /v1/path", with a final /* for all below.
	AllowPaths []string `yaml:"allow_paths"`
}

// CacheConfig is what is kept, how long, and when it answers.
type CacheConfig struct {
	Mode      string        `yaml:"mode"`      // semantic, shadow, exact, off
	Score     string        `yaml:"score"`     // what the threshold acts on: cosine, verified
	Threshold float64       `yaml:"threshold"` // least score of a semantic hit
	Floor     float64       `yaml:"floor"`     // least cosine similarity at which the verifier is asked
	Guards    []string      `yaml:"guards"`    // what may refuse a candidate: see guard.Parse
	TTL       time.Duration `yaml:"ttl"`       // life of an answer
	NowTTL    time.Duration `yaml:"now_ttl"`   // of one to a question about now, for other wordings

	MaxBytes      Bytes `yaml:"max_bytes"`       // of stored answers; the oldest go first
	MaxEntryBytes Bytes `yaml:"max_entry_bytes"` // of one answer
	L1Bytes       Bytes `yaml:"l1_bytes"`        // of answers in memory; 0: none
	VectorBytes   Bytes `yaml:"vector_bytes"`    // of vectors of questions asked lately; 0: none

	Budget       time.Duration `yaml:"budget"`        // for all cache work of a request
	StoreTimeout time.Duration `yaml:"store_timeout"` // for one call of the store
	IndexTimeout time.Duration `yaml:"index_timeout"` // for one search
	EmbedTimeout time.Duration `yaml:"embed_timeout"` // for one embedding

	VerifyTimeout time.Duration `yaml:"verify_timeout"` // for the verifier's look at one lookup's candidates

	Audit AuditConfig `yaml:"audit"`

	WriteQueue      int   `yaml:"write_queue"`       // answers that wait for their durable write
	WriteQueueBytes Bytes `yaml:"write_queue_bytes"` // and their size
}

// AuditConfig says how many semantic hits are asked of the provider as well, and
// what happens if it answers something else.
type AuditConfig struct {
	Share       float64 `yaml:"share"`       // of the hits; 0: none
	Precision   float64 `yaml:"precision"`   // promised where no certificate does
	Alarm       float64 `yaml:"alarm"`       // chance of a false alarm; 0: none is raised
	Concurrency int     `yaml:"concurrency"` // audits at a time
}

// NamespaceAuditConfig is what of it a namespace does differently.
type NamespaceAuditConfig struct {
	Share     *float64 `yaml:"share"`
	Precision *float64 `yaml:"precision"`
	Alarm     *float64 `yaml:"alarm"`
}

// of is usual with what the namespace does differently.
func (a NamespaceAuditConfig) of(usual AuditConfig) AuditConfig {
	set(&usual.Share, a.Share)
	set(&usual.Precision, a.Precision)
	set(&usual.Alarm, a.Alarm)
	return usual
}

// RedisConfig is where answers are kept, if not in the data folder.
type RedisConfig struct {
	// URL names the servers: redis:// or rediss:// for one, redis-sentinel://
	// and redis-cluster:// for several, unix:// for a socket. It is never
	// printed, since it may hold a password.
	URL Secret `yaml:"url"`

	Username     string `yaml:"username"`
	Password     Secret `yaml:"password"`
	PasswordFile string `yaml:"password_file"`

	SentinelUsername     string `yaml:"sentinel_username"`
	SentinelPassword     Secret `yaml:"sentinel_password"`
	SentinelPasswordFile string `yaml:"sentinel_password_file"`

	Prefix   string `yaml:"prefix"`    // of every key
	PoolSize int    `yaml:"pool_size"` // connections to each server
}

// QdrantConfig is where vectors are kept, if not in the data folder.
type QdrantConfig struct {
	// URL is host:port, http:// or https:// of the gRPC service; several nodes
	// with commas between them.
	URL        string `yaml:"url"`
	APIKey     Secret `yaml:"api_key"`
	APIKeyFile string `yaml:"api_key_file"`

	Collection string `yaml:"collection"` // begins the collection's name

	// What follows holds for a collection that is not there yet.
	Shards           int    `yaml:"shards"` // 0: as the server likes
	Replicas         int    `yaml:"replicas"`
	WriteConsistency int    `yaml:"write_consistency"`
	Quantisation     string `yaml:"quantisation"` // none, int8
	OnDisk           bool   `yaml:"on_disk"`
}

// PromptConfig is what may be done to prompts on their way to the provider.
type PromptConfig struct {
	Lossless string `yaml:"lossless"`  // on, observe, off: the order of tools and members
	Order    string `yaml:"order"`     // on, observe, off: moves of text inside a message
	CacheKey bool   `yaml:"cache_key"` // send OpenAI's prompt_cache_key
	Marks    bool   `yaml:"marks"`     // set Anthropic's cache_control
}

// NamespaceConfig is what a namespace does differently; nil takes the cache's.
type NamespaceConfig struct {
	Mode        *string        `yaml:"mode"`
	Score       *string        `yaml:"score"`
	Threshold   *float64       `yaml:"threshold"`
	Floor       *float64       `yaml:"floor"`
	Guards      []string       `yaml:"guards"`
	TTL         *time.Duration `yaml:"ttl"`
	NowTTL      *time.Duration `yaml:"now_ttl"`
	PromptOrder *string        `yaml:"prompt_order"`
	Budget      BudgetConfig   `yaml:"budget"`

	// AllowSubstitutes keeps answers of models that answered instead of the one
	// asked for.
	AllowSubstitutes *bool `yaml:"allow_substitutes"`

	Audit NamespaceAuditConfig `yaml:"audit"`
}

// BudgetConfig is how large the prompts of a namespace may be; 0 is no cap.
type BudgetConfig struct {
	PromptTokens int `yaml:"prompt_tokens"`
	Chunks       int `yaml:"chunks"` // retrieved, that the caller marked

	// UnderLoad caps the chunks while a limit of the model's has more than a
	// share in use.
	UnderLoad LoadBudget `yaml:"under_load"`
}

// LoadBudget is what holds above a share of a limit.
type LoadBudget struct {
	Above  float64 `yaml:"above"` // in (0, 1]; 0: never
	Chunks int     `yaml:"chunks"`
}

// EmbedderConfig says what turns questions into vectors.
type EmbedderConfig struct {
	Kind string `yaml:"kind"` // builtin, openai, tei, ollama, off

	// The rest is for the kinds that are asked over HTTP.
	BaseURL    string `yaml:"base_url"`
	Model      string `yaml:"model"`
	Revision   string `yaml:"revision"`   // of the model; another one is another vector space
	Dimensions int    `yaml:"dimensions"` // components of the model's vectors
	Shorten    bool   `yaml:"shorten"`    // ask the model to cut its vectors to dimensions
	APIKey     Secret `yaml:"api_key"`
	APIKeyFile string `yaml:"api_key_file"`
}

// KeyConfig is one askonce key, as `askonce key new` prints it.
type KeyConfig struct {
	ID     string `yaml:"id"`
	Tenant string `yaml:"tenant"`
	Role   string `yaml:"role"` // read, write, admin
	Tier   string `yaml:"tier"` // "" is default_tier
	Hash   string `yaml:"hash"` // sha256:<64 hexadecimal digits>
}

// AlertsConfig says who is told of a day's use.
type AlertsConfig struct {
	// Webhook is a URL that gets each alert as JSON. It is never printed, since
	// such URLs are credentials.
	Webhook Secret `yaml:"webhook"`
}

// LogConfig is what goes to stderr.
type LogConfig struct {
	Level  string `yaml:"level"`  // debug, info, warn, error
	Format string `yaml:"format"` // auto (text on a terminal, else JSON), json, text
}

// MetricsConfig is who sees /metrics.
type MetricsConfig struct {
	Enabled bool `yaml:"enabled"`
	Open    bool `yaml:"open"` // without an admin key, where keys are configured
}

// defaultConfig is what holds where nothing is set.
func defaultConfig(getenv func(string) string) Config {
	usual := cache.RulesOf(cache.ScoreVerified)
	return Config{
		Listen:       "127.0.0.1:8080",
		Data:         defaultData(getenv),
		MaxBody:      20_000_000,
		DrainTimeout: 30 * time.Second,
		Upstream: UpstreamConfig{
			BaseURL:        "https://api.openai.com/v1",
			Timeout:        10 * time.Minute,
			ConnectTimeout: 10 * time.Second,
			MaxTries:       5,
			MaxWait:        WaitConfig{P0: 2 * time.Second, P1: time.Minute, P2: 7 * time.Minute},
			Probe:          5 * time.Second,
			AllowPaths:     []string{"GET /v1/models", "GET /v1/models/*", "POST /v1/messages/count_tokens"},
		},
		Cache: CacheConfig{
			Mode:            "semantic",
			Score:           string(usual.Score),
			Threshold:       usual.Threshold,
			Floor:           usual.Floor,
			Guards:          guardList(usual.Guards),
			TTL:             usual.TTL,
			NowTTL:          usual.NowTTL,
			MaxBytes:        4 << 30,
			MaxEntryBytes:   16 << 20,
			L1Bytes:         64 << 20,
			VectorBytes:     16 << 20,
			Budget:          250 * time.Millisecond,
			StoreTimeout:    100 * time.Millisecond,
			IndexTimeout:    200 * time.Millisecond,
			EmbedTimeout:    200 * time.Millisecond,
			VerifyTimeout:   200 * time.Millisecond,
			Audit:           AuditConfig{Precision: usual.Audit.Precision, Alarm: usual.Audit.Level, Concurrency: 2},
			WriteQueue:      4096,
			WriteQueueBytes: 64 << 20,
		},
		Redis:    RedisConfig{Prefix: "askonce", PoolSize: 32},
		Qdrant:   QdrantConfig{Collection: "askonce", Replicas: 1, WriteConsistency: 1, Quantisation: "none"},
		Prompt:   PromptConfig{Lossless: "on", Order: "observe", Marks: true},
		Embedder: EmbedderConfig{Kind: "builtin"},
		Verifier: "builtin",
		Log:      LogConfig{Level: "info", Format: "auto"},
		Metrics:  MetricsConfig{Enabled: true},
	}
}

// defaultData follows the XDG base directory specification; a process without
// a home, such as one in a bare container, keeps its state where it stands.
func defaultData(getenv func(string) string) string {
	if dir := getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "askonce")
	}
	if home := getenv("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".local", "share", "askonce")
	}
	if home, err := os.UserHomeDir(); err == nil && filepath.IsAbs(home) {
		return filepath.Join(home, ".local", "share", "askonce")
	}
	return "askonce-data"
}
