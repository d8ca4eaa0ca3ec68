// The known name that a mistyped one was probably meant to be.

package main

import "github.com/askonce/askonce/internal/spelling"

// nearest returns the candidate with the fewest edits from name, or "" if all
// are too far to be what was meant.
func nearest(name string, candidates []string) string {
	best, limit := "", max(2, len(name)/3)+1
	for _, c := range candidates {
		if d := spelling.Distance(name, c); d < limit {
			best, limit = c, d
		}
	}
	return best
}
