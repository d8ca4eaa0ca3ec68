// Making the collection, or finding that it fits.

package qdrantcache

import (
	"context"
	"fmt"
	"strconv"

	"github.com/qdrant/go-client/qdrant"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// ready returns nil once the collection is known to be there and to fit. The
// work goes on in the background when ctx ends first: all calls wait for the
// same attempt, and none has to last as long as it.
func (x *Index) ready(ctx context.Context) error {
	if x.prepared.Load() {
		return nil
	}
	attempt := x.preparing.DoChan("", func() (any, error) { return nil, x.attempt() })
	select {
	case done := <-attempt:
		return done.Err
	case <-ctx.Done():
		return fmt.Errorf("qdrantcache: waiting for collection %s: %w", x.names.alias, ctx.Err())
	}
}

func (x *Index) attempt() error {
	if !x.begin() {
		return ErrClosed
	}
	defer x.running.Done()
	if x.prepared.Load() {
		return nil
	}
	ctx, cancel := context.WithTimeout(x.ctx, x.options.PrepareTimeout)
	defer cancel()
	err := x.prepare(ctx)
	x.prepared.Store(err == nil)
	x.report(err)
	return err
}

// report logs the outcome of an attempt if the last one had another. Why a
// server can't be reached may change from call to call and is one outcome.
func (x *Index) report(err error) {
	outcome := "ready"
	switch {
	case final(err):
		outcome = err.Error()
	case err != nil:
		outcome = "not ready"
	}
	if outcome == x.reported {
		return
	}
	x.reported = outcome
	if err != nil {
		x.log.Warn("Qdrant collection is not ready; semantic hits fall away until it is", "alias", x.names.alias, "error", err)
		return
	}
	x.log.Info("Qdrant collection is ready", "alias", x.names.alias)
}

// prepare makes what is missing of collection, payload indexes and alias, in
// this order, so that whoever finds the alias finds the rest. Every step can
// be repeated, and can be done by several replicas at once.
func (x *Index) prepare(ctx context.Context) error {
	target, err := x.target(ctx)
	if err != nil {
		return err
	}
	collection := target
	if target == "" {
		collection = x.names.collection
	}
	found, err := x.ensureCollection(ctx, collection)
	if err != nil {
		return err
	}
	if err := x.check(collection, found); err != nil {
		return err
	}
	if err := x.ensureIndexes(ctx, collection, found.GetPayloadSchema()); err != nil {
		return err
	}
	if target != "" {
		return nil
	}
	return x.ensureAlias(ctx)
}

// target returns the collection that the alias points to, or "".
func (x *Index) target(ctx context.Context) (string, error) {
	reply, err := x.collections.ListAliases(ctx, &qdrant.ListAliasesRequest{})
	if err != nil {
		return "", x.wrap(ctx, "list aliases", err)
	}
	for _, a := range reply.GetAliases() {
		if a.GetAliasName() == x.names.alias {
			return a.GetCollectionName(), nil
		}
	}
	return "", nil
}

// ensureCollection returns the collection as it is, made if it wasn't there.
// If making it fails because another replica was first, it is there.
func (x *Index) ensureCollection(ctx context.Context, name string) (*qdrant.CollectionInfo, error) {
	get := &qdrant.GetCollectionInfoRequest{CollectionName: name}
	reply, err := x.collections.Get(ctx, get)
	if status.Code(err) != codes.NotFound {
		if err != nil {
			return nil, x.wrap(ctx, "look up collection "+name, err)
		}
		return reply.GetResult(), nil
	}
	_, createErr := x.collections.Create(ctx, createRequest(x.options, name))
	reply, err = x.collections.Get(ctx, get)
	switch {
	case err == nil:
		return reply.GetResult(), nil
	case createErr != nil:
		return nil, x.wrap(ctx, "create collection "+name, createErr)
	default:
		return nil, x.wrap(ctx, "look up collection "+name, err)
	}
}

func (x *Index) ensureIndexes(ctx context.Context, collection string, schema map[string]*qdrant.PayloadSchemaInfo) error {
	for _, p := range payloadIndexes() {
		if have, ok := schema[p.field]; ok {
			if have.GetDataType() != p.schema {
				return x.mismatch(collection, "payload index "+p.field, have.GetDataType().String(), p.schema.String())
			}
			continue
		}
		_, err := x.points.CreateFieldIndex(ctx, &qdrant.CreateFieldIndexCollection{
			CollectionName: collection, Wait: qdrant.PtrOf(true),
			FieldName: p.field, FieldType: &p.kind, FieldIndexParams: p.params,
		})
		if err != nil {
			return x.wrap(ctx, "create payload index "+p.field, err)
		}
	}
	return nil
}

// ensureAlias points the alias to the collection. If that fails because
// another replica was first, it points there.
func (x *Index) ensureAlias(ctx context.Context) error {
	_, err := x.collections.UpdateAliases(ctx, &qdrant.ChangeAliases{
		Actions: []*qdrant.AliasOperations{qdrant.NewAliasCreate(x.names.alias, x.names.collection)},
	})
	if err == nil {
		return nil
	}
	if target, lookErr := x.target(ctx); lookErr == nil && target == x.names.collection {
		return nil
	}
	return x.wrap(ctx, "create alias "+x.names.alias, err)
}

// check compares a collection with the options. Identity and layout are in its
// metadata, or only in its name if a server before Qdrant 1.16 made it.
func (x *Index) check(collection string, info *qdrant.CollectionInfo) error {
	config := info.GetConfig()
	version := x.names.layoutOf(collection)
	if v, ok := config.GetMetadata()[metaLayout]; ok {
		version = int(v.GetIntegerValue())
	}
	if version > layout {
		return &NewerLayoutError{Alias: x.names.alias, Collection: collection, Found: version, Supported: layout}
	}
	identity := config.GetMetadata()[metaIdentity].GetStringValue()
	if identity != x.options.Identity && (identity != "" || collection != x.names.collection) {
		return x.mismatch(collection, whatIdentity, strconv.Quote(identity), strconv.Quote(x.options.Identity))
	}
	params := config.GetParams().GetVectorsConfig().GetParams()
	switch want := uint64(x.options.Dimensions); {
	case params == nil:
		return x.mismatch(collection, whatVectors, "named", "one without a name")
	case params.GetSize() != want:
		return x.mismatch(collection, whatDimensions, strconv.FormatUint(params.GetSize(), 10), strconv.FormatUint(want, 10))
	case params.GetDistance() != qdrant.Distance_Cosine:
		return x.mismatch(collection, whatDistance, params.GetDistance().String(), qdrant.Distance_Cosine.String())
	}
	if quantised := config.GetQuantizationConfig() != nil; quantised != (x.options.Quantisation == Int8) {
		x.log.Warn("Qdrant collection keeps the quantisation that it was made with", "collection", collection, "quantised", quantised, "option", x.options.Quantisation)
	}
	return nil
}

func (x *Index) mismatch(collection, what, found, want string) error {
	return &MismatchError{Alias: x.names.alias, Collection: collection, What: what, Found: found, Want: want}
}
