// The embedder that is built in over onnxruntime with int8 weights, one thread
// each. The script beside the embedder takes turns with both.

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	embedScript       = "../embed/minilm/bench/ort.py"
	embedRequirements = "../embed/minilm/bench/requirements.txt"
	embedProgram      = "./embed/minilm/bench/embedtime" // from the module above
	embedLimit        = 3 * time.Minute
	installLimit      = 10 * time.Minute
)

var embedTokens = []string{"12", "64", "256"}

// embedTimes is what the script measured for one length.
type embedTimes struct {
	OnnxRuntime float64 `json:"onnxruntime_ms_p50"`
	Askonce     float64 `json:"askonce_ms_p50"`
	Ratio       float64 `json:"ratio_p50"`
}

// embedding leaves its figures out, with the reason, where onnxruntime cannot
// be had.
func (b *bench) embedding(ctx context.Context) error {
	times, err := b.compareEmbedders(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, tokens := range embedTokens {
		what := "built-in embedder's p50 over onnxruntime's with int8 weights, one thread each, " + tokens + " tokens"
		if err != nil {
			b.report.missing("embed_over_ort."+tokens, what, err.Error())
			continue
		}
		t := times[tokens]
		b.report.add("embed_over_ort."+tokens, once(t.Ratio), "", what)
		b.report.add("embed_ms."+tokens, once(t.Askonce), "ms", "built-in embedder")
		b.report.add("ort_ms."+tokens, once(t.OnnxRuntime), "ms", "onnxruntime")
	}
	return nil
}

func (b *bench) compareEmbedders(ctx context.Context) (map[string]embedTimes, error) {
	python, err := b.onnxPython(ctx)
	if err != nil {
		return nil, err
	}
	program := filepath.Join(b.folder, "embedtime")
	if err := buildProgram(ctx, embedProgram, program); err != nil {
		return nil, err
	}
	output, err := output(ctx, embedLimit, python, embedScript, "--json", "--against", program,
		"--tokens", strings.Join(embedTokens, ","), "--rounds", strconv.Itoa(b.plan.embedRounds))
	if err != nil {
		return nil, err
	}
	times := make(map[string]embedTimes)
	if err := json.Unmarshal(output, &times); err != nil {
		return nil, fmt.Errorf("%s: %w", embedScript, err)
	}
	for _, tokens := range embedTokens {
		if times[tokens].Ratio <= 0 {
			return nil, fmt.Errorf("%s gave no ratio for %s tokens", embedScript, tokens)
		}
	}
	return times, nil
}

// onnxPython finds a Python that has onnxruntime. A full run installs one into
// bench/.venv the first time.
func (b *bench) onnxPython(ctx context.Context) (string, error) {
	if b.python != "" {
		return b.python, nil
	}
	python, err := filepath.Abs(filepath.Join(".venv", "bin", "python"))
	if err != nil {
		return "", err
	}
	_, err = output(ctx, installLimit, python, "-c", "import onnx, onnxruntime, safetensors, tokenizers")
	if err == nil {
		return python, nil
	}
	if b.plan.installs {
		fmt.Fprintln(b.log, "installing onnxruntime into bench/.venv, once ...")
		return python, installPython(ctx, python)
	}
	return "", errors.New("onnxruntime is not installed: a run without --quick does that once")
}

func installPython(ctx context.Context, python string) error {
	if _, err := output(ctx, installLimit, "python3", "-m", "venv", ".venv"); err != nil {
		return err
	}
	_, err := output(ctx, installLimit, python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", embedRequirements)
	return err
}

// output runs a command. Its error has the last line that the command printed.
func output(ctx context.Context, limit time.Duration, name string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var printed, complaints bytes.Buffer
	command := exec.CommandContext(ctx, name, args...)
	command.Stdout, command.Stderr = &printed, &complaints
	command.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	if err := command.Run(); err != nil {
		lines := strings.Split(strings.TrimSpace(complaints.String()), "\n")
		return nil, fmt.Errorf("%s %s: %w: %s", filepath.Base(name), args[0], err, lines[len(lines)-1])
	}
	return printed.Bytes(), nil
}
