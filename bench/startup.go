// Start-up: how soon a fresh service answers, and what memory it has then.

package main

import (
	"context"
	"time"
)

func (b *bench) startUp(ctx context.Context) error {
	took := make([]float64, b.plan.starts)
	for i := range took {
		server, startTime, err := b.startAskonce(ctx)
		if err != nil {
			return err
		}
		took[i] = milliseconds(startTime)
		if i == len(took)-1 {
			b.report.add("start_ms", spreadOf(took), "ms", "start of the process, with an empty data folder, until /healthz answers")
			b.reportMemory("rss_mb", server, "resident memory then")
		}
		if err := server.stop(); err != nil {
			return err
		}
	}
	return nil
}

// reportMemory adds what memory a server has now.
func (b *bench) reportMemory(field string, server *process, what string) {
	bytes, err := server.rss()
	if err != nil {
		b.report.missing(field, what, needsProc)
		return
	}
	b.report.add(field, once(float64(bytes)/(1<<20)), "MiB", what)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
