// Options, their defaults, and what is wrong with them.

package qdrantcache

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"time"
)

const (
	defaultCollection     = "askonce"
	defaultTimeout        = 5 * time.Second
	defaultPrepareTimeout = 30 * time.Second
	defaultOpenWait       = 5 * time.Second
	defaultSweepEvery     = 5 * time.Minute

	// maxDimensions is Qdrant's own bound.
	maxDimensions = 65_536
)

// Quantisation is how vectors are kept for searching.
type Quantisation string

const (
	// NotQuantised searches 32-bit floats.
	NotQuantised Quantisation = "none"

	// Int8 searches 8-bit integers in memory and rescores what it finds with
	// the 32-bit floats.
	Int8 Quantisation = "int8"
)

// Options says which server and which collection. URL, Identity and Dimensions
// must be given; everything else may be left at zero.
type Options struct {
	// URL is host:port, http://host:port or https://host:port of the gRPC
	// service; https is TLS. The port is 6334 if it is left out. Several nodes
	// of a cluster are given with commas between them, or as one DNS name with
	// several addresses: calls go round, and past nodes that are down.
	URL string

	// APIKey is sent with every call, if it isn't empty. It must be allowed to
	// create collections, unless collection, payload indexes and alias are
	// there.
	APIKey string

	// TLS replaces the TLS configuration of https URLs. Default: the system's
	// authorities, TLS 1.2 or later.
	TLS *tls.Config

	// Collection begins the name of the collection and of its alias. Default
	// "askonce".
	Collection string

	// Identity is the embedder's: each has a collection of its own.
	Identity string

	// Dimensions is the number of components of every vector.
	Dimensions int

	// Shards, Replicas and WriteConsistency are for clusters, and for a
	// collection that is not there yet: its number of shards, the copies of
	// each shard, and how many of the copies must confirm a write. Default:
	// one of each, and as many shards as the server likes. See the package's
	// comment.
	Shards           uint32
	Replicas         uint32
	WriteConsistency uint32

	// Quantisation is NotQuantised or Int8, for a collection that is not there
	// yet. Default NotQuantised.
	Quantisation Quantisation

	// OnDisk keeps vectors and graphs in files that are mapped into memory, for
	// collections larger than it. For a collection that is not there yet.
	OnDisk bool

	// Timeout bounds each call, within the deadline of its context. Default 5
	// seconds.
	Timeout time.Duration

	// PrepareTimeout bounds one attempt to create or check the collection.
	// Default 30 seconds.
	PrepareTimeout time.Duration

	// OpenWait is how long Open waits for the server before it goes on without
	// it. Default 5 seconds.
	OpenWait time.Duration

	// SweepEvery is about the time between two removals of expired points.
	// Default 5 minutes. Expired points are not found before they are removed.
	SweepEvery time.Duration

	// Log gets a line when the collection's state changes. Default
	// slog.Default().
	Log *slog.Logger
}

// withDefaults fills in what was left at zero.
func (o Options) withDefaults() Options {
	o.Collection = cmp.Or(o.Collection, defaultCollection)
	o.Quantisation = cmp.Or(o.Quantisation, NotQuantised)
	o.Replicas = cmp.Or(o.Replicas, 1)
	o.WriteConsistency = cmp.Or(o.WriteConsistency, 1)
	o.Timeout = cmp.Or(o.Timeout, defaultTimeout)
	o.PrepareTimeout = cmp.Or(o.PrepareTimeout, defaultPrepareTimeout)
	o.OpenWait = cmp.Or(o.OpenWait, defaultOpenWait)
	o.SweepEvery = cmp.Or(o.SweepEvery, defaultSweepEvery)
	o.Log = cmp.Or(o.Log, slog.Default())
	return o
}

var (
	collectionPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`)
	versionSuffix     = regexp.MustCompile(`_v[0-9]+$`)
)

// validate reports everything that is wrong with the options.
func (o Options) validate() error {
	var problems []error
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if _, err := parseURL(o.URL); err != nil {
		wrong("URL: %w", err)
	}
	if o.Identity == "" {
		wrong("Identity is empty: give the embedder's identity")
	}
	if o.Dimensions < 1 || o.Dimensions > maxDimensions {
		wrong("Dimensions is %d: give the embedder's, from 1 to %d", o.Dimensions, maxDimensions)
	}
	if !collectionPattern.MatchString(o.Collection) {
		wrong("Collection is %q: give up to 100 letters, digits, - and _, a letter or digit first", o.Collection)
	} else if versionSuffix.MatchString(o.Collection) {
		wrong("Collection is %q: leave out the version at its end, it is added", o.Collection)
	}
	if o.WriteConsistency > o.Replicas {
		wrong("WriteConsistency is %d of %d Replicas: no write could ever be confirmed, give at most Replicas", o.WriteConsistency, o.Replicas)
	}
	if o.Quantisation != NotQuantised && o.Quantisation != Int8 {
		wrong("Quantisation is %q: give %q or %q", o.Quantisation, NotQuantised, Int8)
	}
	for _, d := range []struct {
		key   string
		value time.Duration
	}{{"Timeout", o.Timeout}, {"PrepareTimeout", o.PrepareTimeout}, {"OpenWait", o.OpenWait}, {"SweepEvery", o.SweepEvery}} {
		if d.value < 0 {
			wrong("%s is %v: give a positive duration, or 0 for the default", d.key, d.value)
		}
	}
	return errors.Join(problems...)
}
