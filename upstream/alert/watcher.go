// The watcher: which limits of a day have been used how far.

package alert

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/askonce/askonce/upstream/limit"
)

// levels are the parts of a limit, in percent, at which an alert is raised.
var levels = [...]int64{70, 90}

const (
	day          = 24 * time.Hour
	defaultEvery = 15 * time.Second

	// remembered is how long replicas remember that an alert was raised: for
	// the rest of its day, wherever that ends.
	remembered = 2 * day
)

// Source tells how subjects stand.
type Source interface {
	// Subjects are those in use.
	Subjects() []string

	// Standings tells how one stands.
	Standings(ctx context.Context, subject string) ([]limit.Standing, error)
}

// Options configure a [Watcher]. Source is required.
type Options struct {
	Source Source

	// Once reports whether nobody has asked about name within the time: it
	// decides which replica raises an alert. An error leaves it to the next
	// look. nil raises all of them here.
	Once func(ctx context.Context, name string, within time.Duration) (bool, error)

	// Webhook gets each alert as JSON; "" is none. See [CheckWebhook].
	Webhook string

	// Every is how often the watcher looks. 0 is 15 seconds.
	Every time.Duration

	Registerer prometheus.Registerer // nil keeps no metrics
	Logger     *slog.Logger          // nil is silent
}

// Watcher raises alerts until it is closed.
type Watcher struct {
	opts    Options
	metrics *metrics
	hook    *hook // nil: none
	raised  map[string]bool
	today   string

	end   context.CancelFunc
	ended chan struct{}
}

// Alert is what a webhook gets.
type Alert struct {
	Type     string    `json:"type"` // "askonce.limit_alert"
	Subject  string    `json:"subject"`
	Limit    string    `json:"limit"`
	Unit     string    `json:"unit"`
	Level    int64     `json:"level"` // percent
	Used     int64     `json:"used"`
	Allowed  int64     `json:"allowed"`
	Day      string    `json:"day"`
	ResetsAt time.Time `json:"resets_at"`
}

// New checks opts and starts a Watcher.
func New(opts Options) (*Watcher, error) {
	err := CheckWebhook(opts.Webhook)
	if opts.Source == nil {
		err = errors.Join(err, errors.New("source: is required"))
	}
	if err != nil {
		return nil, fmt.Errorf("alert: %w", err)
	}
	if opts.Every == 0 {
		opts.Every = defaultEvery
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	w := &Watcher{opts: opts, ended: make(chan struct{})}
	if w.metrics, err = newMetrics(opts.Registerer); err != nil {
		return nil, fmt.Errorf("alert: %w", err)
	}
	if opts.Webhook != "" {
		w.hook = newHook(opts.Webhook, w.metrics, opts.Logger)
	}
	ctx, cancel := context.WithCancel(context.Background())
	w.end = cancel
	go w.watch(ctx)
	return w, nil
}

// Close ends the watcher. Alerts that the webhook has not got yet are dropped.
func (w *Watcher) Close() {
	w.end()
	<-w.ended
	if w.hook != nil {
		w.hook.close()
	}
}

func (w *Watcher) watch(ctx context.Context) {
	defer close(w.ended)
	ticker := time.NewTicker(w.opts.Every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			w.look(ctx, now.UTC())
		}
	}
}

// look goes through all subjects.
func (w *Watcher) look(ctx context.Context, now time.Time) {
	if today := now.Format(time.DateOnly); today != w.today {
		w.today, w.raised = today, make(map[string]bool)
	}
	for _, subject := range w.opts.Source.Subjects() {
		list, err := w.opts.Source.Standings(ctx, subject)
		if err != nil {
			continue // the next look asks again
		}
		for _, st := range list {
			w.judge(ctx, subject, st)
		}
	}
}

// judge raises what is due for one limit.
func (w *Watcher) judge(ctx context.Context, subject string, st limit.Standing) {
	if st.Rule.Counting == limit.Concurrency || st.Rule.Span() < day {
		return
	}
	for _, level := range levels {
		if float64(st.Used)*100 < float64(st.Limit)*float64(level) {
			return
		}
		w.raise(ctx, level, Alert{
			Type: "askonce.limit_alert", Subject: subject, Limit: st.Name, Unit: st.Unit.String(), Level: level,
			Used: st.Used, Allowed: st.Limit, Day: w.today, ResetsAt: st.Full.Time().UTC(),
		})
	}
}

func (w *Watcher) raise(ctx context.Context, level int64, a Alert) {
	name := a.name()
	if w.raised[name] {
		return
	}
	if w.opts.Once != nil {
		first, err := w.opts.Once(ctx, name, remembered)
		if err != nil {
			return
		}
		if !first {
			w.raised[name] = true
			return
		}
	}
	w.raised[name] = true
	kind, _, _ := strings.Cut(a.Subject, "/")
	w.metrics.raised.WithLabelValues(kind, a.Limit, fmt.Sprint(level)).Inc()
	w.opts.Logger.WarnContext(ctx, "the use of a day nears its limit", "subject", a.Subject, "limit", a.Limit,
		"percent", level, "used", a.Used, "allowed", a.Allowed, "resets_at", a.ResetsAt)
	if w.hook != nil {
		w.hook.send(notice{a, slog.Group("alert", "subject", a.Subject, "limit", a.Limit, "percent", level)})
	}
}

// Tell sends an alert of somebody else's to the webhook, if there is one, and
// does not wait for it. body is sent as JSON; the log calls it what.
func (w *Watcher) Tell(what string, body any) {
	if w.hook != nil {
		w.hook.send(notice{body, slog.String("alert", what)})
	}
}

// name tells alerts of a day apart, in few characters.
func (a *Alert) name() string {
	sum := sha256.Sum256([]byte(a.Subject + "\n" + a.Limit))
	return fmt.Sprintf("alert:%s:%d:%s", a.Day, a.Level, hex.EncodeToString(sum[:12]))
}
