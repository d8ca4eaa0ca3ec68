// The secret that all replicas share.

package rediscache

import (
	"context"
	"crypto/rand"
	"fmt"
)

const secretSize = 32

// Secret returns 32 random bytes that are the same for all replicas. The first
// who asks makes them. They live in Redis as long as its data does.
func (s *Store) Secret(ctx context.Context) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	offer := make([]byte, secretSize)
	rand.Read(offer)
	pipe := s.client.Pipeline()
	pipe.SetNX(ctx, s.names.secret, offer, 0)
	kept := pipe.Get(ctx, s.names.secret)
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, fault(ctx, "secret", err)
	}
	secret, _ := kept.Bytes()
	if len(secret) != secretSize {
		return nil, fmt.Errorf("rediscache: secret: %w: it has %d bytes, want %d", ErrDamaged, len(secret), secretSize)
	}
	return secret, nil
}
