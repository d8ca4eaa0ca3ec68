// One subscription, from its start to its first trouble.

package rediscache

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// subscribeTimeout bounds the start of a subscription.
	subscribeTimeout = 400 * time.Millisecond

	// pingEvery and silence find a connection that broke without a word.
	pingEvery = 300 * time.Millisecond
	silence   = 4 * pingEvery
)

var errSilent = errors.New("the subscription's connection does not answer")

// listener says what to do with a subscription. Its functions are called from
// one goroutine; an error of any ends the subscription.
type listener struct {
	channel string
	ready   func(ctx context.Context) error // when the server has confirmed
	message func(payload string) error

	// tick, if not nil, runs soon after ready, and again after the time that
	// it returns.
	tick func(ctx context.Context) (time.Duration, error)
}

// listen subscribes and returns the first error, or ctx's.
func (s *Store) listen(ctx context.Context, l listener) error {
	sub, err := s.subscribe(ctx, l.channel)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer sub.Close()
	var heard atomic.Int64 // when the connection last showed life
	heard.Store(time.Now().UnixNano())
	payloads, broken := make(chan string, 64), make(chan error, 1)
	go func() { broken <- receive(ctx, sub, payloads, &heard) }()
	if err := l.ready(ctx); err != nil {
		return err
	}
	return l.serve(ctx, sub, payloads, broken, &heard)
}

// serve hands on messages, asks for signs of life, and ticks.
func (l listener) serve(ctx context.Context, sub *redis.PubSub, payloads <-chan string, broken <-chan error, heard *atomic.Int64) error {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	tick := time.NewTimer(0)
	defer tick.Stop()
	for {
		select {
		case payload := <-payloads:
			if err := l.message(payload); err != nil {
				return err
			}
		case err := <-broken:
			return err
		case <-tick.C:
			if l.tick == nil {
				continue
			}
			next, err := l.tick(ctx)
			if err != nil {
				return err
			}
			tick.Reset(next)
		case <-ping.C:
			if time.Since(time.Unix(0, heard.Load())) > silence {
				return errSilent
			}
			if err := sub.Ping(ctx); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// subscribe returns a subscription that the server has confirmed.
func (s *Store) subscribe(ctx context.Context, channel string) (*redis.PubSub, error) {
	ctx, cancel := context.WithTimeout(ctx, subscribeTimeout)
	defer cancel()
	sub := s.client.Subscribe(ctx)
	err := sub.Subscribe(ctx, channel)
	if err == nil {
		_, err = sub.ReceiveTimeout(ctx, subscribeTimeout)
	}
	if err != nil {
		sub.Close()
		return nil, fmt.Errorf("subscribe: %w", err)
	}
	return sub, nil
}

// receive reads without a deadline, since one that strikes in the middle of a
// message would leave the rest of it to be taken for the next. Closing the
// subscription ends it.
func receive(ctx context.Context, sub *redis.PubSub, payloads chan<- string, heard *atomic.Int64) error {
	for {
		got, err := sub.Receive(ctx)
		if err != nil {
			return err
		}
		heard.Store(time.Now().UnixNano())
		m, ok := got.(*redis.Message)
		if !ok {
			continue
		}
		select {
		case payloads <- m.Payload:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
