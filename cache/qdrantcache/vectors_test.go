package qdrantcache_test

import (
	"context"
	"fmt"
	"math"
	"net"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/qdrant/go-client/qdrant"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/cachetest"
)

// passedOn is a codec that passes messages on as they are.
type passedOn struct{}

func (passedOn) Name() string { return "proto" }

func (passedOn) Marshal(v any) ([]byte, error) { return *v.(*[]byte), nil }

func (passedOn) Unmarshal(data []byte, v any) error {
	*v.(*[]byte) = append([]byte(nil), data...)
	return nil
}

// retriever stands before the peer, which does not know Points.Get: it passes
// all calls on, notes what is upserted, and answers Get from that. A full
// server is asked without it.
type retriever struct {
	to *grpc.ClientConn

	mu     sync.Mutex
	points map[string]*qdrant.PointStruct
}

// startRetriever returns its address.
func startRetriever(t *testing.T, to string) string {
	t.Helper()
	conn, err := grpc.NewClient(to, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &retriever{to: conn, points: make(map[string]*qdrant.PointStruct)}
	server := grpc.NewServer(grpc.ForceServerCodec(passedOn{}), grpc.UnknownServiceHandler(r.handle))
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		<-done
		conn.Close()
	})
	return listener.Addr().String()
}

func (r *retriever) handle(_ any, stream grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(stream)
	var request []byte
	if err := stream.RecvMsg(&request); err != nil {
		return err
	}
	reply, err := r.answer(stream.Context(), method, request)
	if err != nil {
		return err
	}
	return stream.SendMsg(&reply)
}

func (r *retriever) answer(ctx context.Context, method string, request []byte) (reply []byte, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case strings.HasSuffix(method, "Points/Get"):
		var get qdrant.GetPoints
		if err := proto.Unmarshal(request, &get); err != nil {
			return nil, err
		}
		return proto.Marshal(&qdrant.GetResponse{Result: r.retrieve(&get)})
	case strings.HasSuffix(method, "Points/Upsert"):
		var upsert qdrant.UpsertPoints
		if err := proto.Unmarshal(request, &upsert); err != nil {
			return nil, err
		}
		for _, p := range upsert.GetPoints() {
			r.points[p.GetId().GetUuid()] = p
		}
	}
	return reply, r.to.Invoke(ctx, method, &request, &reply, grpc.ForceCodec(passedOn{}))
}

// retrieve answers as the server does: points that are there, in any order,
// with nothing that was not asked for.
func (r *retriever) retrieve(get *qdrant.GetPoints) (found []*qdrant.RetrievedPoint) {
	for _, id := range get.GetIds() {
		p, ok := r.points[id.GetUuid()]
		if !ok {
			continue
		}
		out := &qdrant.RetrievedPoint{Id: p.GetId(), Payload: make(map[string]*qdrant.Value)}
		for _, field := range get.GetWithPayload().GetInclude().GetFields() {
			out.Payload[field] = p.GetPayload()[field]
		}
		if get.GetWithVectors().GetEnable() {
			out.Vectors = &qdrant.VectorsOutput{VectorsOptions: &qdrant.VectorsOutput_Vector{Vector: &qdrant.VectorOutput{
				Vector: &qdrant.VectorOutput_Dense{Dense: p.GetVectors().GetVector().GetDense()}}}}
		}
		found = append([]*qdrant.RetrievedPoint{out}, found...)
	}
	return found
}

// TestVectors: what was written comes back in the order of the keys, over
// several requests, and nothing for keys that have no point.
func TestVectors(t *testing.T) {
	o := options(t)
	o.Dimensions, o.Identity = 4096, "wide/1/4096" // 128 of them fill a request
	if os.Getenv("QDRANT_ADDR") == "" {
		o.URL = startRetriever(t, o.URL)
	}
	x := open(t, o)
	source := cachetest.NewVectors(o.Dimensions, 1)
	var points []cache.Point
	keys := []cache.Key{cachetest.Key(1000)}
	for n := range 150 {
		points = append(points, point(n, source.Next()...))
		keys = append(keys, points[n].Key)
	}
	twin := points[5].Key // shares its id with a point of another key
	twin[31] ^= 1
	keys = append(keys, twin)
	upsert(t, x, points...)
	vectors, err := x.Vectors(t.Context(), keys)
	if err != nil || len(vectors) != len(keys) {
		t.Fatalf("%d vectors for %d keys, %v", len(vectors), len(keys), err)
	}
	for i, vector := range vectors {
		want := []float32(nil)
		if i > 0 && i <= len(points) {
			want = points[i-1].Vector
		}
		if err := alike(vector, want); err != nil {
			t.Fatalf("vector %d: %v", i, err)
		}
	}
}

func alike(got, want []float32) error {
	if len(got) != len(want) {
		return fmt.Errorf("%d components, want %d", len(got), len(want))
	}
	for i := range want {
		if math.Abs(float64(got[i]-want[i])) > 1e-6 {
			return fmt.Errorf("component %d is %g, want %g", i, got[i], want[i])
		}
	}
	return nil
}
