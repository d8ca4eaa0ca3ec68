// The ledger of layout steps, in the data file itself.

package embedded

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/askonce/askonce/migrations"
)

// ledgerPrefix begins the keys of applied steps in the about bucket; the
// step's number follows.
var ledgerPrefix = []byte("step ")

// Migrations are the data file's layout steps. Open makes a new file in the
// latest layout, so that its first step has nothing left to do.
func (db *DB) Migrations() migrations.Store {
	return migrations.Store{
		Name:   "embedded",
		Ledger: (*ledger)(db),
		Steps:  []migrations.Step{{Number: 1, Name: "entries, points and their orders"}},
	}
}

// ledger is a DB as a migrations.Ledger.
type ledger DB

func stepKey(number int) []byte {
	return binary.BigEndian.AppendUint32(append([]byte{}, ledgerPrefix...), uint32(number))
}

// History returns the steps applied.
func (l *ledger) History(ctx context.Context) (applied []migrations.Applied, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	err = (*DB)(l).file.bolt.View(func(tx *bbolt.Tx) error {
		c := tx.Bucket(aboutBucket).Cursor()
		for key, value := c.Seek(ledgerPrefix); len(key) == len(ledgerPrefix)+4 && string(key[:len(ledgerPrefix)]) == string(ledgerPrefix); key, value = c.Next() {
			var a migrations.Applied
			if err := json.Unmarshal(value, &a); err != nil {
				return fmt.Errorf("%w: a step of the ledger cannot be read", ErrDamaged)
			}
			applied = append(applied, a)
		}
		return nil
	})
	return applied, err
}

// Exclusive runs do: the folder is this process's alone.
func (l *ledger) Exclusive(ctx context.Context, do func(context.Context) error) error { return do(ctx) }

// Append notes a step.
func (l *ledger) Append(ctx context.Context, step migrations.Applied) error {
	row, err := json.Marshal(step)
	if err != nil {
		return fmt.Errorf("embedded: ledger: %w", err)
	}
	return (*DB)(l).writes.commit(ctx, len(row), func(b *batch) error {
		return b.entries.Tx().Bucket(aboutBucket).Put(stepKey(step.Number), row)
	})
}
