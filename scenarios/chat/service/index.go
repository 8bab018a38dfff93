package main

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

const (
	// Five minutes in the story.
	indexEvery = 200 * time.Millisecond
	files      = 200
)

// A file that can be found.
type entry struct {
	path string
	size int64
	when time.Time
}

// The index of the files that were sent around.
type index struct {
	mutex   sync.Mutex
	entries []entry
}

// Fixed: what was there is replaced. Leak `index`: what is found is appended, again and again.
func (i *index) run() {
	for now := range time.Tick(indexEvery) {
		i.scan(now)
	}
}

func (i *index) scan(now time.Time) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	if !leaks["index"] {
		i.entries = i.entries[:0]
	}
	for file := 0; file < files; file++ {
		path := fmt.Sprintf("/var/lib/chat/uploads/2026/11/22/room-%03d/attachment-%05d.png", file%20, file)
		i.entries = append(i.entries, entry{path, int64(file) << 10, now})
	}
}

func (i *index) find(text string) int {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	found := 0
	for _, entry := range i.entries {
		if strings.Contains(entry.path, text) {
			found++
		}
	}
	return found
}
