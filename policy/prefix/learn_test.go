package prefix_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/askonce/askonce/policy/prefix"
)

// TestHistoryIsBounded floods it with places and templates.
func TestHistoryIsBounded(t *testing.T) {
	history := prefix.NewHistory()
	long := strings.Repeat("A line that is long enough to be learned.\n", 3)
	for i := range 40_000 {
		text := fmt.Sprintf("%sAnd one of number %d, which nobody has seen.", long, i)
		body := fmt.Appendf(nil, `{"messages":[{"role":"system","content":%q}]}`, text)
		prefix.Order(body, prefix.Options{Text: prefix.Observe, Learned: history.At(fmt.Sprint("model ", i/2))})
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	runtime.KeepAlive(history)
	history = nil
	runtime.GC()
	runtime.ReadMemStats(&after)
	if held := int64(before.HeapAlloc) - int64(after.HeapAlloc); held > 8<<20 {
		t.Errorf("a history of 20,000 places holds %d MB", held>>20)
	}
}
