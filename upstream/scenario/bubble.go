// A clock that goes as fast as there is nothing to do.

package scenario

import (
	"testing"
	"testing/synctest"
	"time"
)

// intoTheMinute is when runs begin: not with a fixed window.
const intoTheMinute = 17*time.Second + 300*time.Millisecond

// inBubble runs f and all that it starts under a simulated clock. It is
// testing/synctest's, which needs no test around it: a T of its own is enough.
func inBubble(f func()) {
	synctest.Test(new(testing.T), func(*testing.T) {
		time.Sleep(intoTheMinute)
		f()
		time.Sleep(naiveTimeout) // what is still under way ends
	})
}
