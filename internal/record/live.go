package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// recordLive records the real API. Even if it fails, it deletes the keys that it created, and writes what was recorded until
// then.
func recordLive(ctx context.Context, a account, out string, stdout io.Writer) (err error) {
	source := "live"
	if !a.isGcore() {
		source = "rehearsal" // only recordings of Gcore are called live
	}
	random := make([]byte, 6)
	_, _ = rand.Read(random) // never fails
	tag := "record-" + hex.EncodeToString(random)
	r, err := newRecorder(source, a, tag, time.Now, 0)
	if err != nil {
		return err
	}
	r.prefix = source + "-"
	cleaner, err := gcore.NewCloud(gcore.Config{APIKey: a.apiKey, BaseURL: a.baseURL, HTTPClient: &http.Client{Transport: a.transport}, Backoff: a.backoff})
	if err != nil {
		return err
	}
	made := &creations{ids: map[string]bool{}}
	r.capture.seen = made.see

	fmt.Fprintf(stdout, "Recording project %d. The names of the keys that are made for it begin with %s; they are deleted at the end.\n", a.project, tag)
	defer func() {
		err = errors.Join(err, cleanUp(ctx, cleaner.SSHKeys(a.project), tag, made, a.pause, stdout))
		err = errors.Join(err, write(out, source, r.made, err == nil), r.checked())
		fmt.Fprintf(stdout, "%s: %d recordings in %s\n", source, len(r.made), out)
	}()
	if err := r.makeRequests(ctx); err != nil {
		return fmt.Errorf("not all requests were recorded: %w", err)
	}
	return nil
}

// creations is the keys that were created and not yet deleted.
type creations struct {
	ids    map[string]bool
	unsure bool // a create was sent, and it is not known whether it was carried out
}

// see notes what an attempt did. gotResponse says whether the headers of a response arrived.
func (c *creations) see(e *exchange, gotResponse bool) {
	done := gotResponse && e.status/100 == 2
	switch {
	case e.method == http.MethodDelete && done:
		delete(c.ids, path.Base(e.url.Path))
	case e.method == http.MethodPost && done:
		var key struct {
			ID string `json:"id"`
		}
		if json.Unmarshal(e.got.body, &key) == nil && key.ID != "" {
			c.ids[key.ID] = true
			return
		}
		c.unsure = true
	case e.method == http.MethodPost && (!gotResponse || e.status/100 != 4):
		c.unsure = true
	}
}

const (
	cleanUpTimeout = 5 * time.Minute
	looks          = 5 // for a key of which it is not known whether it was created
)

// cleanUp deletes every key that was created, also those of creates whose response was lost. It continues if ctx is cancelled.
// Its error names the keys that it could not delete.
func cleanUp(ctx context.Context, keys *gcore.SSHKeys, tag string, made *creations, pause time.Duration, stdout io.Writer) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTimeout)
	defer cancel()
	times := 1
	if made.unsure {
		fmt.Fprintln(stdout, "The response to a create was lost. Looking for its key, which can take a moment to appear.")
		times = looks
	}
	var lookErr error
	left := map[string]error{}
	deleted := 0
	for look := range times {
		if look > 0 {
			time.Sleep(pause)
		}
		lookErr = find(ctx, keys, tag, made)
		for _, id := range slices.Sorted(maps.Keys(made.ids)) {
			err := keys.Delete(ctx, id)
			if err == nil {
				deleted++
			}
			if err == nil || errors.Is(err, gcore.ErrNotFound) {
				delete(made.ids, id)
				delete(left, id)
				continue
			}
			left[id] = err
		}
	}
	fmt.Fprintf(stdout, "Cleaned up: %d remaining keys deleted.\n", deleted)
	var err error
	for _, id := range slices.Sorted(maps.Keys(left)) {
		err = errors.Join(err, fmt.Errorf("key %s could not be deleted, so delete it with: gcore-sshkeys delete %s (%w)", id, id, left[id]))
	}
	if lookErr != nil {
		err = errors.Join(err, fmt.Errorf("it is not known whether a key is left, so look with: gcore-sshkeys list --name %s (%w)", tag, lookErr))
	}
	return err
}

// find adds the keys whose names begin with tag.
func find(ctx context.Context, keys *gcore.SSHKeys, tag string, made *creations) error {
	for key, err := range keys.All(ctx, gcore.ListSSHKeysParams{Name: &tag}) {
		if err != nil {
			return err
		}
		if strings.HasPrefix(key.Name, tag) && key.State != gcore.SSHKeyStateDELETING {
			made.ids[key.ID] = true
		}
	}
	return nil
}
