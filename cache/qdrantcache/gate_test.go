package qdrantcache_test

import (
	"io"
	"net"
	"sync"
	"testing"
)

// gate is a TCP proxy in front of a server: open, shut (refuses), or stalled
// (accepts, and lets nothing through).
type gate struct {
	tb   testing.TB
	to   string
	addr string

	mu       sync.Mutex
	flowing  *sync.Cond
	stalled  bool
	listener net.Listener
	conns    map[net.Conn]bool
	copying  sync.WaitGroup
}

// newGate returns a gate that is shut.
func newGate(tb testing.TB, to string) *gate {
	tb.Helper()
	g := &gate{tb: tb, to: to, addr: "127.0.0.1:0", conns: map[net.Conn]bool{}}
	g.flowing = sync.NewCond(&g.mu)
	g.open()
	g.shut()
	tb.Cleanup(g.shut)
	return g
}

func (g *gate) open() {
	g.tb.Helper()
	l, err := net.Listen("tcp", g.addr)
	if err != nil {
		g.tb.Fatal(err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.listener, g.addr = l, l.Addr().String()
	g.copying.Go(func() { g.serve(l) })
}

// shut ends all connections and refuses new ones.
func (g *gate) shut() {
	g.mu.Lock()
	if g.listener != nil {
		g.listener.Close()
		g.listener = nil
	}
	for c := range g.conns {
		c.Close()
	}
	g.stalled = false
	g.flowing.Broadcast()
	g.mu.Unlock()
	g.copying.Wait()
}

func (g *gate) stall(on bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stalled = on
	g.flowing.Broadcast()
}

func (g *gate) serve(l net.Listener) {
	for {
		in, err := l.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", g.to)
		if err != nil {
			in.Close()
			continue
		}
		g.copying.Go(func() { g.copy(in, out) })
		g.copying.Go(func() { g.copy(out, in) })
	}
}

func (g *gate) copy(to, from net.Conn) {
	g.mu.Lock()
	g.conns[to] = true
	if g.listener == nil {
		to.Close()
	}
	g.mu.Unlock()
	io.Copy(gated{to, g}, from)
	to.Close()
	from.Close()
}

// gated waits while the gate is stalled.
type gated struct {
	net.Conn
	gate *gate
}

func (c gated) Write(b []byte) (int, error) {
	c.gate.mu.Lock()
	for c.gate.stalled {
		c.gate.flowing.Wait()
	}
	c.gate.mu.Unlock()
	return c.Conn.Write(b)
}
