package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// difference is one place where the documents do not say the same. An empty side says nothing there.
type difference struct{ place, ours, gcores string }

func (d difference) String() string {
	switch {
	case d.gcores == "":
		return fmt.Sprintf("%s: only ours has it (%s)", d.place, d.ours)
	case d.ours == "":
		return fmt.Sprintf("%s: only Gcore's has it (%s)", d.place, d.gcores)
	}
	return fmt.Sprintf("%s: ours says %s, Gcore's says %s", d.place, d.ours, d.gcores)
}

// divergence is a difference that is meant, at each of some places. In a place * stands for any one step.
type divergence struct {
	Where  []string `yaml:"where"`
	Ours   string   `yaml:"ours"`
	Gcores string   `yaml:"gcore"`
	Why    string   `yaml:"why"`
}

func parseKnown(data []byte) ([]divergence, error) {
	var known []divergence
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(&known); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	for _, d := range known {
		if len(d.Where) == 0 || d.Why == "" {
			return nil, fmt.Errorf("the entry %+v needs where and why", d)
		}
	}
	return known, nil
}

func covers(pattern, place string) bool {
	want, have := strings.Split(pattern, deeper), strings.Split(place, deeper)
	return slices.EqualFunc(want, have, func(w, h string) bool { return w == "*" || w == h })
}

// report is what compare found. Gone are the places of known divergences where the documents agree.
type report struct {
	known, unknown []difference
	gone           []string
}

func compare(ours, gcores factSet, known []divergence) report {
	var r report
	listed := map[string]bool{}
	for _, k := range known {
		for _, where := range k.Where {
			there := false
			for _, place := range places(ours, gcores) {
				if !covers(where, place) {
					continue
				}
				there = true
				switch {
				case ours[place] == gcores[place]:
					r.gone = append(r.gone, fmt.Sprintf("%s: both say %s", place, ours[place]))
				case ours[place] == k.Ours && gcores[place] == k.Gcores:
					listed[place] = true
				}
			}
			if !there {
				r.gone = append(r.gone, where+": neither says anything there")
			}
		}
	}
	for _, d := range differences(ours, gcores) {
		if listed[d.place] {
			r.known = append(r.known, d)
		} else {
			r.unknown = append(r.unknown, d)
		}
	}
	return r
}

// differences returns where the fact sets differ, in order. What is below a place that only one of them
// has is left out: it adds nothing.
func differences(ours, gcores factSet) []difference {
	var found []difference
	for _, place := range places(ours, gcores) {
		d := difference{place, ours[place], gcores[place]}
		if d.ours == d.gcores || (d.ours == "" || d.gcores == "") && parentMissing(ours, gcores, place) {
			continue
		}
		found = append(found, d)
	}
	return found
}

// places returns every place that one of the fact sets has, in order.
func places(ours, gcores factSet) []string {
	both := maps.Clone(ours)
	maps.Copy(both, gcores)
	return slices.Sorted(maps.Keys(both))
}

// parentMissing says whether a place above this one is in one of the fact sets only.
func parentMissing(ours, gcores factSet, place string) bool {
	for {
		end := strings.LastIndex(place, deeper)
		if end < 0 {
			return false
		}
		place = place[:end]
		_, inOurs := ours[place]
		_, inGcores := gcores[place]
		if inOurs != inGcores {
			return true
		}
	}
}
