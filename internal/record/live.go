package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/env"
)

// recordLive records the real API. Even if it fails, it deletes the keys that it created, and writes what was recorded until
// then.
func recordLive(ctx context.Context, config gcore.Config, pause time.Duration, out string, stdout io.Writer) (err error) {
	source := "live"
	if !isGcore(config) {
		source = "rehearsal" // only recordings of Gcore are called live
	}
	cleaner, err := gcore.NewCloud(config)
	if err != nil {
		return err
	}
	if cleaner.ProjectID() == 0 {
		return errors.New(env.ProjectID + " is not set: give the number of the project in which two SSH keys are created and deleted")
	}
	random := make([]byte, 6)
	_, _ = rand.Read(random) // never fails
	r, err := newRecorder(source, config, "record-"+hex.EncodeToString(random), time.Now)
	if err != nil {
		return err
	}
	r.prefix = source + "-"
	fmt.Fprintf(stdout, "Recording project %d. The names of the keys that are made for it begin with %s; they are deleted at the end.\n", r.project, r.redactor.tag)
	defer func() {
		made := err == nil
		err = errors.Join(err, r.cleanUp(ctx, cleaner.SSHKeys(r.project), made, pause, stdout))
		err = errors.Join(err, write(out, r.files, func(name string) bool { return err == nil && strings.Contains(name, "-"+r.prefix) }), r.breaches)
		fmt.Fprintf(stdout, "%s: %d recordings in %s\n", source, len(r.files), out)
	}()
	if err := r.makeRequests(ctx); err != nil {
		return fmt.Errorf("not all requests were recorded: %w", err)
	}
	return nil
}

const (
	cleanUpTimeout = 5 * time.Minute
	looks          = 5 // for a key of which it is not known whether it was created
)

// cleanUp deletes every key that was created, also those of creates whose response was lost. It continues if ctx is cancelled.
// Its error names the keys that it could not delete.
func (r *recorder) cleanUp(ctx context.Context, keys *gcore.SSHKeys, made bool, pause time.Duration, stdout io.Writer) (err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTimeout)
	defer cancel()
	times := 1
	if !made {
		fmt.Fprintln(stdout, "Looking for keys to delete. A key whose create failed can take a moment to appear.")
		times = looks
	}
	left := map[string]error{} // the ids, and why they could not be deleted
	for _, id := range r.created {
		left[id] = nil
	}
	var lookErr error
	deleted := 0
	for look := range times {
		if look > 0 {
			time.Sleep(pause)
		}
		lookErr = r.find(ctx, keys, left)
		for _, id := range slices.Sorted(maps.Keys(left)) {
			left[id] = keys.Delete(ctx, id)
			if left[id] == nil {
				deleted++
			}
			if left[id] == nil || errors.Is(left[id], gcore.ErrNotFound) {
				delete(left, id)
			}
		}
	}
	fmt.Fprintf(stdout, "Cleaned up: %d remaining keys deleted.\n", deleted)
	for _, id := range slices.Sorted(maps.Keys(left)) {
		err = errors.Join(err, fmt.Errorf("key %s could not be deleted, so delete it with: gcore-sshkeys delete %s (%w)", id, id, left[id]))
	}
	if lookErr != nil {
		err = errors.Join(err, fmt.Errorf("it is not known whether a key is left, so look with: gcore-sshkeys list --name %s (%w)", r.redactor.tag, lookErr))
	}
	return err
}

// find adds the keys whose names begin with the tag.
func (r *recorder) find(ctx context.Context, keys *gcore.SSHKeys, found map[string]error) error {
	for key, err := range keys.All(ctx, gcore.ListSSHKeysParams{Name: &r.redactor.tag}) {
		if err != nil {
			return err
		}
		if strings.HasPrefix(key.Name, r.redactor.tag) && key.State != gcore.SSHKeyStateDELETING {
			found[key.ID] = nil
		}
	}
	return nil
}
