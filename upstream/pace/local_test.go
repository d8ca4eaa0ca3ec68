package pace_test

import (
	"testing"

	"github.com/askonce/askonce/upstream/pace"
	"github.com/askonce/askonce/upstream/pace/pacetest"
)

func TestLocal(t *testing.T) {
	pacetest.Ledger(t, func(_ *testing.T, rules pace.Rules) pace.Ledger { return pace.NewLocal(rules) })
}
