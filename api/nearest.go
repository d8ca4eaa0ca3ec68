// Hints for misspelt names.

package api

import "github.com/askonce/askonce/internal/spelling"

// nearest is the known name that name is a misspelling of, or "".
func nearest(name string, known []string) string {
	const longest = 32 // no known name is nearly as long
	best, found := 3, ""
	if len(name) > longest {
		return ""
	}
	for _, candidate := range known {
		if d := spelling.Distance(name, candidate); d < best && d < len(candidate) {
			best, found = d, candidate
		}
	}
	return found
}
