package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"sync"
	"time"
)

const (
	// Always there, and more for each job: 50 and 20 in the story.
	workersAtRest = 10
	workersPerJob = 4
)

// A page that a worker is to crawl.
type page struct {
	job *job
	url string
}

// Goroutines that crawl pages; as many as the jobs need.
type workers struct {
	mutex  sync.Mutex
	size   int
	pages  chan page
	leave  chan struct{}
	client *http.Client
	batch  *taskBatch
	// Which links were ever seen: of one size, however many they are.
	visited *visited
}

func newWorkers(batch *taskBatch) *workers {
	transport := &http.Transport{MaxIdleConnsPerHost: 8, MaxConnsPerHost: 16, IdleConnTimeout: 2 * time.Second}
	w := &workers{
		pages:  make(chan page, 1024),
		leave:  make(chan struct{}, 1024),
		client: &http.Client{Transport: transport},
		batch:  batch, visited: &visited{},
	}
	w.scale(workersAtRest)
	return w
}

// Starts so many workers, or sends them home where `by` is negative. Leak `workers`: those are not counted any more, but
// nobody tells them.
func (w *workers) scale(by int) {
	w.mutex.Lock()
	w.size += by
	w.mutex.Unlock()
	for ; by > 0; by-- {
		go w.work()
	}
	for ; by < 0 && !leaks["workers"]; by++ {
		w.leave <- struct{}{}
	}
}

func (w *workers) work() {
	buffer := make([]byte, maxPage)
	for {
		select {
		case <-w.leave:
			return
		case page := <-w.pages:
			all, err := w.crawl(page, buffer)
			if err != nil {
				log.Printf("crawl %s: %v", page.url, err)
				all = &found{}
			}
			page.job.crawled(all)
		}
	}
}

// What is found on the page; its links are tasks then.
func (w *workers) crawl(page page, buffer []byte) (*found, error) {
	answer, err := w.client.Get(page.url)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", answer.StatusCode)
	}
	var all *found
	if base := answer.Request.URL; leaks["links"] {
		all, err = allLinksOf(answer.Body, base)
	} else {
		all, err = linksOf(answer.Body, base, buffer)
	}
	if err != nil {
		return nil, err
	}
	// What was not looked at is read off, so that the connection can be used again.
	io.Copy(io.Discard, answer.Body)
	for _, link := range all.links {
		w.visited.add(link)
	}
	w.batch.add(page.job.id, all.links)
	return all, nil
}
