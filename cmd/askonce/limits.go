// `askonce limits`: the buckets of a running service as they stand.

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"syscall"
	"text/tabwriter"
	"time"
)

// LimitsCmd shows limits.
type LimitsCmd struct {
	URL    string        `help:"Where the service is. Default: where the configuration says that it listens." name:"url" placeholder:"URL"`
	Config string        `help:"Configuration file (or ASKONCE_CONFIG)." placeholder:"FILE" short:"c"`
	Key    string        `help:"An askonce key; of the role admin to see everything." env:"ASKONCE_KEY" placeholder:"KEY"`
	Once   bool          `help:"Show it once. Without a terminal this is always so."`
	JSON   bool          `name:"json" help:"As the service says it: GET /v1/limits. Implies --once."`
	Every  time.Duration `help:"How often the table is brought up to date." default:"1s"`
}

// Help is shown below the flags.
func (LimitsCmd) Help() string {
	return `A row for each limit of each deployment and tenant: what is used, what is left, when all of it is there
again. Below a deployment: calls under way, and those that wait by lane (of the replica that answers).
Ctrl-C ends it.

Examples:
  askonce limits
  askonce limits --once --url https://askonce.example.com --key ask_...
  ASKONCE_KEY=ask_... askonce limits --json`
}

// limitsShown is the service's answer.
type limitsShown struct {
	Shared   bool           `json:"shared"`
	Replicas int            `json:"replicas"`
	Subjects []subjectShown `json:"subjects"`
}

type subjectShown struct {
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	Limits []struct {
		Name      string    `json:"name"`
		Limit     int64     `json:"limit"`
		Used      int64     `json:"used"`
		Remaining int64     `json:"remaining"`
		ResetsAt  time.Time `json:"resets_at"`
	} `json:"limits"`
	Waiting *struct {
		P0       int `json:"p0"`
		P1       int `json:"p1"`
		P2       int `json:"p2"`
		InFlight int `json:"in_flight"`
	} `json:"waiting"`
}

// Run shows them once, or until a signal comes.
func (c LimitsCmd) Run(p *process) error {
	base, err := serviceURL(c.URL, c.Config, p.Environ)
	if err != nil {
		return err
	}
	ask := func(ctx context.Context) ([]byte, error) { return askService(ctx, base+"/v1/limits", c.Key) }
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if c.JSON || c.Once || !isTerminal(p.Stdout) {
		raw, err := ask(ctx)
		if err != nil {
			return err
		}
		return showLimits(p.Stdout, raw, c.JSON)
	}
	return c.follow(ctx, p.Stdout, ask)
}

// follow shows them again and again. A service that is away for a while is said
// to be, and asked again.
func (c LimitsCmd) follow(ctx context.Context, w io.Writer, ask func(context.Context) ([]byte, error)) error {
	const clear = "\x1b[H\x1b[2J" // cursor home, clear the screen (ECMA-48)
	ticker := time.NewTicker(max(c.Every, 100*time.Millisecond))
	defer ticker.Stop()
	for {
		raw, err := ask(ctx)
		if ctx.Err() != nil {
			return nil
		}
		fmt.Fprint(w, clear)
		if err == nil {
			err = showLimits(w, raw, false)
		}
		if err != nil {
			fmt.Fprintln(w, err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func showLimits(w io.Writer, raw []byte, asJSON bool) error {
	if asJSON {
		_, err := w.Write(append(raw, '\n'))
		return err
	}
	var shown limitsShown
	if err := json.Unmarshal(raw, &shown); err != nil {
		return errors.New("the service's answer is not that of GET /v1/limits; is it askonce?")
	}
	shown.print(w, time.Now())
	return nil
}

// print writes the table.
func (l *limitsShown) print(w io.Writer, now time.Time) {
	switch {
	case len(l.Subjects) == 0:
		fmt.Fprintln(w, "Nothing is limited, or nothing of yours.")
		return
	case l.Shared:
		fmt.Fprintf(w, "counted by %d replicas together\n\n", l.Replicas)
	default:
		fmt.Fprint(w, "counted by this replica alone\n\n")
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "limit\tused\tof\tleft\tresets in\t")
	for _, s := range l.Subjects {
		fmt.Fprintf(table, "%s %s\t\t\t\t\t\n", s.Kind, s.Name)
		for _, x := range s.Limits {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t\n", x.Name, grouped(x.Used), grouped(x.Limit), grouped(x.Remaining), resetsIn(x.ResetsAt, now))
		}
		if q := s.Waiting; q != nil {
			fmt.Fprintf(table, "under way\t%d\t\t\t\t\nwaiting\t%s\t\t\t\t\n", q.InFlight, fmt.Sprintf("P0 %d, P1 %d, P2 %d", q.P0, q.P1, q.P2))
		}
	}
	table.Flush()
}

func resetsIn(at, now time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return formatDuration(max(at.Sub(now), 0).Round(time.Second))
}
