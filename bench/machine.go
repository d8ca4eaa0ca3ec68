// What the figures were taken on.

package main

import (
	"os"
	"runtime"
	"strings"
)

// describeMachine is called before anything is measured: the load is then that
// of others.
func (b *bench) describeMachine() {
	r := &b.report
	r.fact("cpu", processorName(), "processor")
	r.fact("cores", runtime.NumCPU(), "cores")
	r.fact("os", runtime.GOOS+"/"+runtime.GOARCH, "system")
	r.fact("go", runtime.Version(), "Go")
	r.fact("load_before", loadAverage(), "load of the last minute before the run (the quieter, the truer)")
}

// loadAverage is the processes that wanted to run in the last minute; "unknown"
// where there is no /proc.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	minute, _, _ := strings.Cut(string(text), " ")
	return minute
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
