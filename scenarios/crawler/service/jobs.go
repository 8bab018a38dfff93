package main

import (
	"fmt"
	"sync"
	"time"
)

const (
	pagesPerJob = 4
	// A job whose notification was lost is begun after so long.
	polledAfter = time.Second
	// So many jobs are remembered when they are done.
	remembered = 20
)

// Some pages to crawl.
type job struct {
	id      string
	first   int
	began   time.Time
	done    chan struct{}
	jobs    *jobs
	mutex   sync.Mutex
	left    int
	links   int
	started bool
}

// What a job took, link by link.
type performance struct {
	began time.Time
	links []measured
}

type measured struct {
	link string
	at   time.Duration
}

// All jobs.
type jobs struct {
	site     string
	workers  *workers
	database *database

	mutex          sync.Mutex
	count          int
	byID           map[string]*job
	finished       []string
	jobPerformance map[string]*performance
}

// Writes the job down and tells all who listen.
func (j *jobs) create(first int) (*job, error) {
	j.mutex.Lock()
	j.count++
	one := &job{
		id: fmt.Sprintf("job-%06d", j.count), first: first, began: time.Now(), done: make(chan struct{}), jobs: j,
		left: pagesPerJob,
	}
	j.byID[one.id] = one
	j.jobPerformance[one.id] = &performance{began: one.began}
	j.mutex.Unlock()
	return one, j.database.exec("INSERT INTO jobs (id) VALUES (" + quoted(one.id) + "); NOTIFY jobs, " + quoted(one.id))
}

func (j *jobs) find(id string) *job {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	return j.byID[id]
}

// Begins a job that nobody has begun.
func (j *jobs) begin(id string) {
	one := j.find(id)
	if one == nil || !one.start() {
		return
	}
	j.workers.scale(workersPerJob)
	for number := 0; number < pagesPerJob; number++ {
		j.workers.pages <- page{one, fmt.Sprintf("%s/page/%d", j.site, (one.first+number)%500)}
	}
}

func (one *job) start() bool {
	one.mutex.Lock()
	defer one.mutex.Unlock()
	first := !one.started
	one.started = true
	return first
}

// Begins what waits for a notification that was lost.
func (j *jobs) poll() {
	for range time.Tick(polledAfter) {
		j.mutex.Lock()
		var waiting []string
		for id, one := range j.byID {
			if time.Since(one.began) > polledAfter {
				waiting = append(waiting, id)
			}
		}
		j.mutex.Unlock()
		for _, id := range waiting {
			j.begin(id)
		}
	}
}

// One page more is done.
func (one *job) crawled(all *found) {
	one.jobs.measure(one, all.links)
	one.mutex.Lock()
	one.left--
	one.links += len(all.links)
	last := one.left == 0
	one.mutex.Unlock()
	if last {
		one.jobs.finish(one)
	}
}

func (j *jobs) measure(one *job, links []string) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	took := j.jobPerformance[one.id]
	for _, link := range links {
		took.links = append(took.links, measured{link, time.Since(took.began)})
	}
}

// Leak `job-performance`: what was measured of a job is never cleaned up.
func (j *jobs) finish(one *job) {
	j.workers.scale(-workersPerJob)
	if err := j.database.exec("DELETE FROM jobs WHERE id = " + quoted(one.id)); err != nil {
		fmt.Println("jobs:", err)
	}
	j.mutex.Lock()
	defer j.mutex.Unlock()
	if !leaks["job-performance"] {
		delete(j.jobPerformance, one.id)
	}
	j.finished = append(j.finished, one.id)
	if len(j.finished) > remembered {
		delete(j.byID, j.finished[0])
		j.finished = append(j.finished[:0], j.finished[1:]...)
	}
	close(one.done)
}
