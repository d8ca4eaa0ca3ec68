// Start-up: how soon a fresh service answers, and what memory it has then.

package main

import (
	"context"
	"time"
)

func (b *bench) startUp(ctx context.Context) error {
	var took, memory []float64
	var memoryErr error
	for range b.plan.starts {
		server, startTime, err := b.startAskonce(ctx)
		if err != nil {
			return err
		}
		took = append(took, milliseconds(startTime))
		var bytes int64
		if bytes, memoryErr = server.rss(); memoryErr == nil {
			memory = append(memory, float64(bytes)/(1<<20))
		}
		if err := server.stop(); err != nil {
			return err
		}
	}
	b.report.add("start_ms", spreadOf(took), "ms", "start of the process, with an empty data folder, until /healthz answers")
	const what = "resident memory then"
	if memoryErr != nil {
		b.report.missing("rss_mb", what, "needs Linux's /proc")
		return nil
	}
	b.report.add("rss_mb", spreadOf(memory), "MiB", what)
	return nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
