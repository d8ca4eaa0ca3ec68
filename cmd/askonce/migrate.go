// `askonce migrate`: the layouts of the stores.

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"text/tabwriter"
	"time"

	"github.com/askonce/askonce/migrations"
)

// migratePatience is how long a store may take to answer about its layout.
const migratePatience = 10 * time.Second

// MigrateCmd groups the subcommands on layouts.
type MigrateCmd struct {
	Status MigrateStatusCmd `cmd:"" help:"Show which layout steps each store has, and which are missing."`
	Up     MigrateUpCmd     `cmd:"" help:"Apply the missing steps, those included that serve leaves to you."`
}

// MigrateStatusCmd shows where the stores stand.
type MigrateStatusCmd struct {
	ConfigFlags
	JSON bool `help:"Print one JSON object for each store." name:"json"`
}

// Help is shown below the flags.
func (MigrateStatusCmd) Help() string {
	return `Every store remembers the layout steps that were applied to it. serve applies those that are quick and
safe when it starts, and refuses a store that a newer askonce has migrated.

The embedded store is one process's: stop the service first. Redis and Qdrant can be asked at any time.

Examples:
  askonce migrate status --data ./data
  askonce migrate status --redis redis://127.0.0.1:6379 --qdrant 127.0.0.1:6334`
}

// Run prints the status. A store that cannot be read is an error.
func (c MigrateStatusCmd) Run(p *process) error {
	return withStores(c.ConfigFlags, p, func(ctx context.Context, s *stores) error {
		for _, store := range s.migrations() {
			status, err := store.Check(ctx)
			if err != nil {
				return err
			}
			if err := c.print(p.Stdout, status); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c MigrateStatusCmd) print(w io.Writer, status migrations.Status) error {
	if c.JSON {
		pending := make([]string, 0, len(status.Pending))
		for _, step := range status.Pending {
			pending = append(pending, fmt.Sprintf("%d %s", step.Number, step.Name))
		}
		return json.NewEncoder(w).Encode(struct {
			migrations.Status
			Pending []string `json:"pending"`
		}{status, pending})
	}
	fmt.Fprintf(w, "%s\n", status.Store)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, a := range status.Applied {
		fmt.Fprintf(table, "  %d\tapplied\t%s\t%s\n", a.Number, when(a.At), a.Name)
	}
	for _, step := range status.Pending {
		how := "with the next start"
		if step.Manual {
			how = "by askonce migrate up"
		}
		fmt.Fprintf(table, "  %d\tmissing\t%s\t%s\n", step.Number, how, step.Name)
	}
	return table.Flush()
}

func when(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format(time.RFC3339)
}

// MigrateUpCmd applies what is missing.
type MigrateUpCmd struct {
	ConfigFlags
}

// Help is shown below the flags.
func (MigrateUpCmd) Help() string {
	return `Replicas that migrate the same store at the same time do it once. A step that is interrupted is done again.

Examples:
  askonce migrate up --config askonce.yaml`
}

// Run applies the steps and names each.
func (c MigrateUpCmd) Run(p *process) error {
	return withStores(c.ConfigFlags, p, func(ctx context.Context, s *stores) error {
		for _, store := range s.migrations() {
			applied := 0
			err := store.Up(ctx, migrations.All, buildVersion(), func(step migrations.Step) {
				applied++
				fmt.Fprintf(p.Stdout, "%s: step %d applied: %s\n", store.Name, step.Number, step.Name)
			})
			if err != nil {
				return err
			}
			if applied == 0 {
				fmt.Fprintf(p.Stdout, "%s: nothing to do\n", store.Name)
			}
		}
		return nil
	})
}

// withStores opens the stores of a configuration for one command.
func withStores(flags ConfigFlags, p *process, do func(context.Context, *stores) error) (err error) {
	l, err := load(flags, p.Environ)
	if err != nil {
		return err
	}
	embedder, err := newEmbedder(l.Embedder)
	if err != nil {
		return err
	}
	s, err := openStores(&l.Config, embedder, newLogger(l.Log, p.Stderr), newRegistry())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	ctx, cancel := context.WithTimeout(context.Background(), migratePatience)
	defer cancel()
	return do(ctx, s)
}

// migrations are those of the stores in use.
func (s *stores) migrations() []migrations.Store {
	var list []migrations.Store
	if s.db != nil {
		list = append(list, s.db.Migrations())
	}
	if s.redis != nil {
		list = append(list, s.redis.Migrations())
	}
	if s.qdrant != nil {
		list = append(list, s.qdrant.Migrations())
	}
	return list
}

// migrate applies the steps that a start may apply. A newer store is an error;
// one that cannot be reached is tried again in the background, and found(err)
// is called if it turns out to be newer then.
func (s *stores) migrate(log *slog.Logger, found func(error)) error {
	for _, store := range s.migrations() {
		err := migrateOne(s.life, store, log)
		var newer *migrations.NewerError
		switch {
		case errors.As(err, &newer):
			return err
		case err != nil:
			log.Warn("a store's layout cannot be checked yet; the service starts without it", "store", store.Name, "error", err)
			s.later.Go(func() { migrateLater(s.life, store, log, found) })
		}
	}
	return nil
}

func migrateOne(ctx context.Context, store migrations.Store, log *slog.Logger) error {
	ctx, cancel := context.WithTimeout(ctx, openPatience)
	defer cancel()
	return store.Up(ctx, migrations.Automatic, buildVersion(), func(step migrations.Step) {
		log.Info("layout step applied", "store", store.Name, "step", step.Number, "name", step.Name)
	})
}

// migrateLater tries until the store answers or ctx ends.
func migrateLater(ctx context.Context, store migrations.Store, log *slog.Logger, found func(error)) {
	tick := time.NewTicker(migratePatience)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := migrateOne(ctx, store, log)
		var newer *migrations.NewerError
		switch {
		case errors.As(err, &newer):
			found(err)
			return
		case err == nil:
			return
		}
	}
}
