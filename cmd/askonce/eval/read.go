// Reading labelled pairs and labelled questions: JSON lines, plain or gzip.

package eval

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
)

// Pair is one row of a file of pairs.
type Pair struct {
	Line   int
	Stored string // "a"
	Asked  string // "b"
	Label  Label
	Source string
	Split  string
}

// Label says whether the stored question's answer is right for the other.
type Label int8

// The labels.
const (
	Unlabelled Label = iota
	Wrong
	Right
)

// gradeOfSame is the grade from which a graded pair counts as the same
// question, as in the STS data: 4 of 5.
const gradeOfSame = 0.8

const (
	maxLine    = 1 << 20
	maxFaults  = 10
	gzipHeader = "\x1f\x8b"
)

// LineError lists what is wrong with the lines of a file.
type LineError struct {
	File   string
	Faults []string
}

func (e *LineError) Error() string {
	return e.File + ": " + strings.Join(e.Faults, "\n"+e.File+": ")
}

// ReadPairs reads a file of pairs {"a", "b", "label"}. The label is 0, 1,
// false or true; where it is missing, a "score" of 0 to 1 is a grade of
// likeness. Rows without either are unlabelled. Other members are ignored but
// for "source" and "split".
func ReadPairs(name string) ([]Pair, error) {
	var pairs []Pair
	err := readLines(name, func(n int, line []byte) error {
		pair, err := parsePair(line)
		pair.Line = n
		pairs = append(pairs, pair)
		return err
	})
	return pairs, err
}

func parsePair(line []byte) (Pair, error) {
	var row struct {
		A, B   *string
		Label  json.RawMessage
		Score  *float64
		Source string
		Split  string
	}
	if err := unmarshal(line, &row, `{"a": "…", "b": "…", "label": 0}`); err != nil {
		return Pair{}, err
	}
	switch {
	case row.A == nil || strings.TrimSpace(*row.A) == "":
		return Pair{}, errors.New(`"a", the stored question, is missing or empty`)
	case row.B == nil || strings.TrimSpace(*row.B) == "":
		return Pair{}, errors.New(`"b", the asked question, is missing or empty`)
	}
	label, err := parseLabel(row.Label, row.Score)
	return Pair{Stored: *row.A, Asked: *row.B, Label: label, Source: row.Source, Split: row.Split}, err
}

func parseLabel(label json.RawMessage, grade *float64) (Label, error) {
	switch string(label) {
	case "1", "true":
		return Right, nil
	case "0", "false":
		return Wrong, nil
	case "", "null":
	default:
		return Unlabelled, fmt.Errorf(`"label" is %.20s; write 1 if both deserve the same answer, else 0`, label)
	}
	switch {
	case grade == nil:
		return Unlabelled, nil
	case math.IsNaN(*grade) || *grade < 0 || *grade > 1:
		return Unlabelled, fmt.Errorf(`"score" is %g; a grade is between 0 and 1`, *grade)
	case *grade >= gradeOfSame:
		return Right, nil
	}
	return Wrong, nil
}

// Question is one row of a file of lookups.
type Question struct {
	Line  int
	Text  string
	Group string // questions of one group deserve one answer; "" for none
}

// ReadQuestions reads a file of questions {"text", "group"}; the group is a
// text or a number. Only where groupless is true may it be missing.
func ReadQuestions(name string, groupless bool) ([]Question, error) {
	var questions []Question
	err := readLines(name, func(n int, line []byte) error {
		q, err := parseQuestion(line)
		if err == nil && q.Group == "" && !groupless {
			err = errors.New(`"group" is missing; questions with the same group share an answer`)
		}
		q.Line = n
		questions = append(questions, q)
		return err
	})
	return questions, err
}

func parseQuestion(line []byte) (Question, error) {
	var row struct {
		Text  *string
		Group any
	}
	if err := unmarshal(line, &row, `{"text": "…", "group": "…"}`); err != nil {
		return Question{}, err
	}
	if row.Text == nil || strings.TrimSpace(*row.Text) == "" {
		return Question{}, errors.New(`"text" is missing or empty`)
	}
	q := Question{Text: *row.Text}
	switch group := row.Group.(type) {
	case nil:
	case string:
		q.Group = group
	case float64:
		q.Group = fmt.Sprint(group)
	default:
		return Question{}, errors.New(`"group" is neither a text nor a number`)
	}
	return q, nil
}

// unmarshal reads one line; form shows what it should look like.
func unmarshal(line []byte, row any, form string) error {
	err := json.Unmarshal(line, row)
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind) && kind.Field != "":
		return fmt.Errorf("%q cannot be a %s; a line looks like %s", strings.ToLower(kind.Field), kind.Value, form)
	case err != nil:
		return fmt.Errorf("not a JSON object; a line looks like %s", form)
	}
	return nil
}

// readLines calls each with every line that is not blank, and collects the
// faults it finds.
func readLines(name string, each func(n int, line []byte) error) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	from, err := decompressed(f)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	faults := &LineError{File: name}
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	n, rows := 0, 0
	for lines.Scan() && len(faults.Faults) < maxFaults {
		n++
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		rows++
		if err := each(n, line); err != nil {
			faults.Faults = append(faults.Faults, fmt.Sprintf("line %d: %s", n, err))
		}
	}
	if err := lines.Err(); err != nil {
		faults.Faults = append(faults.Faults, fmt.Sprintf("line %d: %s", n+1, err))
	}
	if len(faults.Faults) > 0 {
		return faults
	}
	if rows == 0 {
		return fmt.Errorf("%s: there are no rows in it", name)
	}
	return nil
}

// decompressed reads gzip as what is in it, and everything else as it is.
func decompressed(f io.Reader) (io.Reader, error) {
	buffered := bufio.NewReader(f)
	if head, _ := buffered.Peek(len(gzipHeader)); string(head) == gzipHeader {
		return gzip.NewReader(buffered)
	}
	return buffered, nil
}
