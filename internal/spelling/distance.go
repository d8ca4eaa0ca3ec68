// Package spelling measures how far a mistyped name is from a known one.
package spelling

// Distance is Levenshtein's: how many bytes have to be put in, left out or
// changed to turn a into b. It takes O(len(a)*len(b)) time and is what hints
// for misspelt names are chosen by.
func Distance(a, b string) int {
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
