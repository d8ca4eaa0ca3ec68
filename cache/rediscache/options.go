// Options and their defaults.

package rediscache

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	defaultPrefix       = "askonce"
	defaultPoolSize     = 32
	defaultDialTimeout  = 500 * time.Millisecond
	defaultReadTimeout  = time.Second
	defaultWriteTimeout = time.Second
	defaultSweepEvery   = time.Minute

	// maxPrefix keeps keys short: the prefix is stored with every one of them.
	maxPrefix = 64
)

// Options says where the data is. Everything but URL may be left at zero.
type Options struct {
	// URL names the server or servers, in one of these forms (the database is
	// 0 unless given, and always 0 in a Cluster; "rediss" instead of "redis"
	// speaks TLS):
	//
	//	redis://user:password@host:6379/database
	//	unix:///path/of/the/socket?db=database
	//	redis-sentinel://user:password@host:26379,host:26379/master-name?db=database
	//	redis-cluster://user:password@host:6379,host:6379
	//
	// Special characters in user and password must be percent-encoded.
	URL string

	// Username and Password are for callers that keep credentials out of the
	// URL. They are never part of an error or a log line.
	Username string
	Password string

	// SentinelUsername and SentinelPassword are for the Sentinels themselves.
	SentinelUsername string
	SentinelPassword string

	// TLS, if not nil, is used for every connection, whatever the URL says.
	// A rediss URL without it verifies the server by the system's roots.
	TLS *tls.Config

	// Prefix begins every key and channel. Stores with different prefixes see
	// nothing of each other. Default "askonce".
	Prefix string

	// PoolSize bounds the connections to each server. Default 32.
	PoolSize int

	// DialTimeout, ReadTimeout and WriteTimeout bound what a context without
	// an earlier deadline would leave open. Default 500 ms, 1 s and 1 s.
	DialTimeout  time.Duration
	ReadTimeout  time.Duration
	WriteTimeout time.Duration

	// SweepEvery is the time between two searches for index members whose
	// entries have expired. One replica at a time does it. Default 1 minute.
	SweepEvery time.Duration

	// Logger gets a line when something is set up badly, and when deletions of
	// other replicas can't be followed any more or can be again. Default
	// slog.Default().
	Logger *slog.Logger

	// Registerer, if not nil, gets the connection pool's metrics.
	Registerer prometheus.Registerer
}

// withDefaults fills in what was left at zero.
func (o Options) withDefaults() Options {
	if o.Prefix == "" {
		o.Prefix = defaultPrefix
	}
	if o.PoolSize == 0 {
		o.PoolSize = defaultPoolSize
	}
	for _, d := range []struct {
		value    *time.Duration
		fallback time.Duration
	}{
		{&o.DialTimeout, defaultDialTimeout},
		{&o.ReadTimeout, defaultReadTimeout},
		{&o.WriteTimeout, defaultWriteTimeout},
		{&o.SweepEvery, defaultSweepEvery},
	} {
		if *d.value == 0 {
			*d.value = d.fallback
		}
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return o
}

// validate reports everything that is wrong with the options, and returns what
// the URL names.
func (o Options) validate() (target, error) {
	to, problems := parseURL(o.URL)
	if o.Username != "" && to.username != "" {
		problems = append(problems, errors.New("Username is also in URL: give it once"))
	}
	if o.Password != "" && to.password != "" {
		problems = append(problems, errors.New("Password is also in URL: give it once"))
	}
	if to.mode != modeSentinel && (o.SentinelUsername != "" || o.SentinelPassword != "") {
		problems = append(problems, errors.New("SentinelUsername and SentinelPassword need a URL that begins with redis-sentinel:// or rediss-sentinel://"))
	}
	if strings.ContainsAny(o.Prefix, "{}") || len(o.Prefix) > maxPrefix {
		problems = append(problems, fmt.Errorf("Prefix is %q: give at most %d characters, without braces", o.Prefix, maxPrefix))
	}
	if o.PoolSize < 0 {
		problems = append(problems, fmt.Errorf("PoolSize is %d: give at least 1", o.PoolSize))
	}
	for _, d := range []struct {
		key   string
		value time.Duration
	}{
		{"DialTimeout", o.DialTimeout}, {"ReadTimeout", o.ReadTimeout},
		{"WriteTimeout", o.WriteTimeout}, {"SweepEvery", o.SweepEvery},
	} {
		if d.value < 0 {
			problems = append(problems, fmt.Errorf("%s is %v: give a positive duration", d.key, d.value))
		}
	}
	if o.Username != "" {
		to.username = o.Username
	}
	if o.Password != "" {
		to.password = o.Password
	}
	if o.TLS != nil {
		to.tls = o.TLS
	}
	return to, errors.Join(problems...)
}
