package sandbox

import (
	"context"
	"math"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// The garbage collector of a process that runs a sandbox. It runs rarely while there is little to keep: otherwise collecting would
// take a third of a request's time.
const (
	gcPercent   = 400
	memoryLimit = 40 << 20 // with what the limit does not count, the process stays below 60 MiB
)

// TuneMemory sets the garbage collector of this process for a sandbox: the process takes less than 60 MiB, unless its keys need more.
// Until ctx ends, it raises the memory limit with the live heap.
func TuneMemory(ctx context.Context) {
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(memoryLimit)
	go func() {
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		before := liveHeap()
		for {
			select {
			case <-ticker.C:
				// With 100,000 keys the collector would not reach memoryLimit, and would run all the time. What is in
				// use for less than a second does not count.
				live := liveHeap()
				debug.SetMemoryLimit(max(memoryLimit, 2*min(live, before)))
				before = live
			case <-ctx.Done():
				return
			}
		}
	}()
}

// liveHeap returns the bytes that the last garbage collection found in use.
func liveHeap() int64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return int64(min(sample[0].Value.Uint64(), math.MaxInt64))
}
