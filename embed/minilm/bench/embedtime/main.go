// Command embedtime times the built-in embedder for ../ort.py, which takes
// turns with it.
//
// It reads lines of two numbers, tokens and repeats, and answers each with a
// line: the milliseconds of every repeat as a JSON array.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/askonce/askonce/embed/minilm"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "embedtime:", err)
		os.Exit(1)
	}
}

func run() error {
	e, err := minilm.New(minilm.Options{Concurrency: 1})
	if err != nil {
		return err
	}
	answers := json.NewEncoder(os.Stdout)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var tokens, repeats int
		if _, err := fmt.Sscan(lines.Text(), &tokens, &repeats); err != nil || tokens < 2 {
			return fmt.Errorf("%q is not two numbers, tokens (at least 2) and repeats", lines.Text())
		}
		times, err := measure(e, tokens, repeats)
		if err != nil {
			return err
		}
		if err := answers.Encode(times); err != nil {
			return err
		}
	}
	return lines.Err()
}

// measure embeds a text of the given length, which is tokenised too.
func measure(e *minilm.Embedder, tokens, repeats int) ([]float64, error) {
	texts := []string{strings.Repeat("word ", tokens-2)} // [CLS] and [SEP] are two more
	times := make([]float64, repeats)
	for i := range times {
		start := time.Now()
		if _, err := e.Embed(context.Background(), texts); err != nil {
			return nil, err
		}
		times[i] = float64(time.Since(start).Nanoseconds()) / 1e6
	}
	return times, nil
}
