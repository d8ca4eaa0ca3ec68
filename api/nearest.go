// Hints for misspelt names.

package api

// nearest is the known name that name is a misspelling of, or "".
func nearest(name string, known []string) string {
	const longest = 32 // no known name is nearly as long
	best, found := 3, ""
	if len(name) > longest {
		return ""
	}
	for _, candidate := range known {
		if d := editDistance(name, candidate); d < best && d < len(candidate) {
			best, found = d, candidate
		}
	}
	return found
}

// editDistance is Levenshtein's, in O(len(a)*len(b)).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substituted := diagonal
			if a[i] != b[j] {
				substituted++
			}
			diagonal = row[j+1]
			row[j+1] = min(row[j+1]+1, row[j]+1, substituted)
		}
	}
	return row[len(b)]
}
