// What the figures were taken on.

package main

import (
	"os"
	"runtime"
	"strings"
	"time"
)

func (b *bench) describeRun(quick bool, took time.Duration) {
	r := &b.report
	r.fact("cpu", processorName(), "processor")
	r.fact("cores", runtime.NumCPU(), "cores")
	r.fact("os", runtime.GOOS+"/"+runtime.GOARCH, "system")
	r.fact("go", runtime.Version(), "Go")
	r.fact("quick", quick, "quick (short rounds: a look, not a result)")
	r.fact("took_s", int(took.Seconds()), "seconds taken")
}

// processorName is what Linux calls the processor; "unknown" elsewhere.
func processorName() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}
