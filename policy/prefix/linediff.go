// Two texts compared, line by line.

package prefix

import "slices"

// LineDiff is a line that is in both bodies (" "), in the first ("-"), or in the
// second ("+").
type LineDiff struct {
	Op   string `json:"op"`
	Text string `json:"text"`
}

// maxCompared bounds the work of a comparison, in pairs of lines.
const maxCompared = 4 << 20

// diffLines compares by the longest common subsequence of what differs.
func diffLines(before, after []string) []LineDiff {
	var head, tail []LineDiff
	for len(before) > 0 && len(after) > 0 && before[0] == after[0] {
		head = append(head, LineDiff{" ", before[0]})
		before, after = before[1:], after[1:]
	}
	for len(before) > 0 && len(after) > 0 && before[len(before)-1] == after[len(after)-1] {
		tail = append(tail, LineDiff{" ", before[len(before)-1]})
		before, after = before[:len(before)-1], after[:len(after)-1]
	}
	slices.Reverse(tail)
	return slices.Concat(head, subsequence(before, after), tail)
}

// subsequence compares lines that begin and end differently.
func subsequence(before, after []string) []LineDiff {
	n, m := len(before), len(after)
	if n*m > maxCompared {
		return slices.Concat(marked("-", before), marked("+", after))
	}
	// longest[i][j] is that of before[i:] and after[j:].
	longest := make([][]int32, n+1)
	for i := range longest {
		longest[i] = make([]int32, m+1)
	}
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			if before[i] == after[j] {
				longest[i][j] = longest[i+1][j+1] + 1
			} else {
				longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			}
		}
	}
	var diff []LineDiff
	i, j := 0, 0
	for i < n && j < m {
		switch {
		case before[i] == after[j]:
			diff = append(diff, LineDiff{" ", before[i]})
			i, j = i+1, j+1
		case longest[i+1][j] >= longest[i][j+1]:
			diff = append(diff, LineDiff{"-", before[i]})
			i++
		default:
			diff = append(diff, LineDiff{"+", after[j]})
			j++
		}
	}
	return slices.Concat(diff, marked("-", before[i:]), marked("+", after[j:]))
}

func marked(op string, lines []string) []LineDiff {
	list := make([]LineDiff, len(lines))
	for i, line := range lines {
		list[i] = LineDiff{op, line}
	}
	return list
}
