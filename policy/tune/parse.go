// Reading labelled rows, one JSON object a line.

package tune

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Row is one labelled line: a lookup with its score, or two texts whose score
// is still to be found.
type Row struct {
	// Asked and Stored are the new question and the stored one.
	Asked, Stored string

	Score    float64 // only if HasScore; texts are scored by the service instead
	HasScore bool
	Right    bool

	// Pair says that the row came as a pair ("a", "b", "label"), of which it
	// is not known how often such a one occurs.
	Pair bool

	Split string // as the file names the part that the row belongs to; often "train" or "dev"
}

// Texts reports whether the row has texts to be scored.
func (r Row) Texts() bool { return r.Asked != "" || r.Stored != "" }

// line is a row as it is written:
//
//	{"score": 0.91, "right": true}            a lookup and its score
//	{"score": null, "right": false}           one without a candidate
//	{"asked": "…", "stored": "…", "right": true}   one to be scored
//	{"a": "stored", "b": "asked", "label": 1}       a pair
//
// Other members are not looked at: files have sources and remarks.
type line struct {
	A      *string        `json:"a"`
	B      *string        `json:"b"`
	Label  jsontext.Value `json:"label"`
	Asked  *string        `json:"asked"`
	Stored *string        `json:"stored"`
	Score  jsontext.Value `json:"score"`
	Right  jsontext.Value `json:"right"`
	Split  jsontext.Value `json:"split"`
}

// Limits of Parse.
const (
	MaxRows   = 1_000_000
	maxLine   = 1 << 20
	maxListed = 10 // faults that are listed; more say the same
)

// Parse reads rows. The error is an *InputError that names the lines that are
// wrong, or the reader's.
func Parse(from io.Reader) ([]Row, error) {
	var rows []Row
	bad := &InputError{Code: "invalid"}
	scanner := bufio.NewScanner(from)
	scanner.Buffer(make([]byte, 0, 64<<10), maxLine)
	n := 0
	for scanner.Scan() {
		n++
		text := bytes.TrimSpace(scanner.Bytes())
		if len(text) == 0 {
			continue
		}
		row, err := ParseRow(text)
		if err != nil {
			bad.Problems = append(bad.Problems, Problem{fmt.Sprintf("line %d", n), err.Error()})
		}
		if len(bad.Problems) >= maxListed {
			return nil, bad
		}
		if len(rows) == MaxRows {
			return nil, refuse("invalid", fmt.Sprintf("line %d", n), "there are more than %d rows; give a random sample of them", MaxRows)
		}
		rows = append(rows, row)
	}
	if errors.Is(scanner.Err(), bufio.ErrTooLong) {
		return nil, refuse("invalid", fmt.Sprintf("line %d", n+1), "the line is longer than %d bytes", maxLine)
	}
	if err := scanner.Err(); err != nil {
		return nil, err
	}
	if len(bad.Problems) > 0 {
		return nil, bad
	}
	return Distinct(rows)
}

// ParseRow reads one row.
func ParseRow(text []byte) (Row, error) {
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return Row{}, errors.New(`is not a JSON object of a lookup {"score", "right"}, {"asked", "stored", "right"} or a pair {"a", "b", "label"}`)
	}
	var row Row
	var err error
	switch {
	case l.A != nil || l.B != nil:
		row, err = pairRow(l)
	case l.Asked != nil || l.Stored != nil:
		row, err = textRow(l)
	default:
		row, err = scoreRow(l)
	}
	_ = json.Unmarshal(l.Split, &row.Split) // one that is no text names no part
	return row, err
}

func pairRow(l line) (Row, error) {
	if l.A == nil || l.B == nil || *l.A == "" || *l.B == "" {
		return Row{}, errors.New("a pair has two texts, a and b")
	}
	right, err := truth("label", l.Label)
	return Row{Stored: *l.A, Asked: *l.B, Right: right, Pair: true}, err
}

func textRow(l line) (Row, error) {
	if l.Asked == nil || l.Stored == nil || *l.Asked == "" || *l.Stored == "" {
		return Row{}, errors.New("a lookup without a score has two texts, asked and stored")
	}
	right, err := truth("right", l.Right)
	return Row{Asked: *l.Asked, Stored: *l.Stored, Right: right}, err
}

func scoreRow(l line) (Row, error) {
	if len(l.Score) == 0 {
		return Row{}, errors.New("has no score; write null where nothing was found, or give the texts asked and stored")
	}
	right, err := truth("right", l.Right)
	if err != nil {
		return Row{}, err
	}
	r := Row{Right: right}
	if l.Score.Kind() == 'n' {
		return r, nil
	}
	if json.Unmarshal(l.Score, &r.Score) != nil || math.Abs(r.Score) > 1 {
		return Row{}, errors.New("score is not a number between -1 and 1")
	}
	r.HasScore = true
	return r, nil
}

// truth reads a label: true, false, 1 or 0.
func truth(name string, v jsontext.Value) (bool, error) {
	switch string(v) {
	case "true", "1":
		return true, nil
	case "false", "0":
		return false, nil
	case "":
		return false, fmt.Errorf("has no %s", name)
	}
	return false, fmt.Errorf("%s is none of true, false, 1 and 0", name)
}

// Distinct leaves out rows whose texts stand there twice, since they tell
// nothing new, and refuses those of which the labels contradict each other.
// Rows without texts are all kept.
func Distinct(rows []Row) ([]Row, error) {
	type texts struct{ asked, stored string }
	labels := make(map[texts]bool, len(rows))
	kept := make([]Row, 0, len(rows))
	contradictions := 0
	for _, r := range rows {
		if !r.Texts() {
			kept = append(kept, r)
			continue
		}
		key := texts{r.Asked, r.Stored}
		label, seen := labels[key]
		if seen && label != r.Right {
			contradictions++
		}
		if !seen {
			labels[key] = r.Right
			kept = append(kept, r)
		}
	}
	if contradictions > 0 {
		return nil, refuse("contradiction", "", "%d rows say of the same two texts that they are right and that they are not; keep one of each", contradictions)
	}
	return kept, nil
}
