package main

import (
	"fmt"
	"log"
	"os"
	"strings"
	"sync"
	"time"
)

const files = 200

// Five minutes in the story.
func indexEvery() time.Duration {
	every, err := time.ParseDuration(os.Getenv("INDEX_EVERY"))
	if err != nil {
		log.Fatalf("INDEX_EVERY: %v", err)
	}
	return every
}

// A file that can be found.
type entry struct {
	path string
	size int64
	when time.Time
}

// The index of the files that were sent around.
type index struct {
	paths   []string
	mutex   sync.Mutex
	entries []*entry
}

func (i *index) run() {
	for file := 0; file < files; file++ {
		i.paths = append(i.paths, fmt.Sprintf("/var/lib/chat/uploads/room-%03d/attachment-%05d.png", file%20, file))
	}
	i.scan(time.Now())
	for now := range time.Tick(indexEvery()) {
		i.scan(now)
	}
}

// Fixed: what was there is replaced. Leak `index`: what is found is appended, again and again.
func (i *index) scan(now time.Time) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	if !leaks["index"] {
		i.entries = i.entries[:0]
	}
	for number, path := range i.paths {
		i.entries = append(i.entries, &entry{path, int64(number) << 10, now})
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
