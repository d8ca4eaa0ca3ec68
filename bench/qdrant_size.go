// The size of a point on a full Qdrant server, by its own telemetry.

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"
)

const (
	envQdrantHTTP   = "QDRANT_HTTP_ADDR" // host:port of the REST service
	qdrantHTTPPort  = "6333"             // default, on the host of QDRANT_ADDR
	telemetryLevel  = 4                  // shows each shard
	telemetryLimit  = 10 * time.Second
	qdrantPointWhat = "Qdrant's own estimate for one point: vector and payload, without graphs, payload indexes and log"
)

// qdrantPoint adds the size of a point, or why it is not known.
func (b *bench) qdrantPoint(ctx context.Context, q *qdrantServer) {
	size, err := q.pointBytes(ctx)
	if err != nil {
		b.report.missing("qdrant_point_bytes", qdrantPointWhat, err.Error())
		return
	}
	b.report.add("qdrant_point_bytes", once(size), "bytes", qdrantPointWhat)
}

// telemetry is the part of GET /telemetry that tells sizes.
type telemetry struct {
	Result struct {
		Collections struct {
			Collections []struct {
				ID     string `json:"id"`
				Shards []struct {
					Local *struct {
						Vectors  float64 `json:"vectors_size_bytes"`
						Payloads float64 `json:"payloads_size_bytes"`
						Points   float64 `json:"num_points"`
					} `json:"local"`
				} `json:"shards"`
			} `json:"collections"`
		} `json:"collections"`
	} `json:"result"`
}

func (q *qdrantServer) pointBytes(ctx context.Context) (float64, error) {
	if !q.full() {
		return 0, errors.New("needs a full server: " + envQdrant)
	}
	_, collection, err := q.alias(ctx)
	if err != nil {
		return 0, err
	}
	told, err := q.telemetry(ctx)
	if err != nil {
		return 0, fmt.Errorf("telemetry of Qdrant's REST service, which %s may name: %w", envQdrantHTTP, err)
	}
	return told.pointBytes(collection)
}

// pointBytes adds up the shards of a collection that are on this node.
func (t telemetry) pointBytes(collection string) (float64, error) {
	var bytes, points float64
	for _, c := range t.Result.Collections.Collections {
		for _, s := range c.Shards {
			if c.ID == collection && s.Local != nil {
				bytes += s.Local.Vectors + s.Local.Payloads
				points += s.Local.Points
			}
		}
	}
	if bytes == 0 || points == 0 {
		return 0, errors.New("the telemetry of this version tells no sizes of the collection")
	}
	return bytes / points, nil
}

func (q *qdrantServer) telemetry(ctx context.Context) (t telemetry, err error) {
	ctx, cancel := context.WithTimeout(ctx, telemetryLimit)
	defer cancel()
	host, _, err := net.SplitHostPort(q.addr)
	if err != nil {
		return t, err
	}
	addr := cmp.Or(os.Getenv(envQdrantHTTP), net.JoinHostPort(host, qdrantHTTPPort))
	url := fmt.Sprintf("http://%s/telemetry?details_level=%d", addr, telemetryLevel)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return t, err
	}
	if q.key != "" {
		request.Header.Set("api-key", q.key)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return t, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return t, errors.New(response.Status)
	}
	return t, json.NewDecoder(response.Body).Decode(&t)
}
