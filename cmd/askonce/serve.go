// `askonce serve`: run the service until a signal ends it.

package main

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
)

// ServeCmd runs the service.
type ServeCmd struct {
	ConfigFlags
}

// Help is shown below the flags.
func (ServeCmd) Help() string {
	return `Needs no configuration: it listens on 127.0.0.1:8080, keeps its answers in a folder of the user's and
sends what it cannot answer to OpenAI, with each caller's own key.

Every key of the configuration file can also be set in the environment, see askonce check --help.
SIGTERM and Ctrl-C let requests finish and write what is queued; a second one ends at once.

Examples:
  askonce serve
  askonce serve --upstream http://127.0.0.1:9090/v1 --data ./data
  askonce serve --config askonce.yaml --listen 0.0.0.0:8080`
}

// Run serves until a signal comes.
func (c ServeCmd) Run(p *process) error {
	l, err := load(c.ConfigFlags, p.Environ)
	if err != nil {
		return err
	}
	log := newLogger(l.Log, p.Stderr)
	for _, warning := range l.warnings {
		log.Warn(warning)
	}
	// Signals are caught before anything is opened, so that none finds a
	// folder half made.
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)

	r, err := start(&l.Config, log)
	if err != nil {
		return err
	}
	r.announce(p, l)
	return r.wait(signals)
}

// wait returns when the service has ended.
func (r *running) wait(signals <-chan os.Signal) error {
	select {
	case err := <-r.failed:
		return err
	case err := <-r.newer:
		return errors.Join(err, r.shutdown())
	case s := <-signals:
		r.log.Info("shutting down", "signal", s.String(), "waiting_at_most", r.cfg.DrainTimeout.String())
	}
	go func() {
		<-signals
		r.log.Warn("second signal: ending at once")
		os.Exit(exitFailed)
	}()
	if err := r.shutdown(); err != nil {
		r.log.Error("stopped, and not everything was done", "error", err)
		return failure(exitFailed)
	}
	r.log.Info("stopped", "everything_written", true)
	return nil
}
