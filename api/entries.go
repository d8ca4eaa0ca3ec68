// GET and DELETE /v1/cache/entries/{id}.

package api

import (
	"net/http"

	"github.com/askonce/askonce/cache"
)

func (s *Server) getEntry(w http.ResponseWriter, r *http.Request, x *exchange) error {
	key, err := entryID(x)
	if err != nil {
		return err
	}
	entry, err := s.opts.Cache.Get(r.Context(), x.caller.tenant, key)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, newEntryDoc(entry))
}

func (s *Server) deleteEntry(w http.ResponseWriter, r *http.Request, x *exchange) error {
	key, err := entryID(x)
	if err != nil {
		return err
	}
	was, err := s.opts.Cache.Delete(r.Context(), x.caller.tenant, key)
	if err != nil {
		return err
	}
	if !was {
		return cache.ErrNotFound
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func entryID(x *exchange) (cache.Key, error) {
	key, err := cache.ParseKey(x.id)
	if err != nil {
		return cache.Key{}, &fault{status: http.StatusBadRequest, code: "invalid_id", param: "id", message: sentence(err.Error())}
	}
	return key, nil
}
