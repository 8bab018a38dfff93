// A crawler. Each leak of the post-mortem is behind a switch: LEAKS=links,workers,listen,job-performance,task-batch.
package main

import (
	"encoding/json"
	_ "expvar"
	"fmt"
	"log"
	"net/http"
	_ "net/http/pprof"
	"os"
	"runtime"
	"strings"
	"time"
)

// Which leaks are switched on.
var leaks = func() map[string]bool {
	on := make(map[string]bool)
	for _, name := range strings.Split(os.Getenv("LEAKS"), ",") {
		on[strings.TrimSpace(name)] = true
	}
	return on
}()

const longestWait = 25 * time.Second

// Jobs of before are given up.
const tables = "CREATE TABLE IF NOT EXISTS jobs (id text PRIMARY KEY); TRUNCATE jobs;" +
	"CREATE UNLOGGED TABLE IF NOT EXISTS tasks (link text PRIMARY KEY, job text)"

func main() {
	database := open(os.Getenv("DB_ADDRESS"))
	if err := database.exec(tables); err != nil {
		log.Fatal(err)
	}
	batch := newTaskBatch(database)
	go batch.run()
	jobs := &jobs{
		site: "http://" + os.Getenv("SITE_ADDRESS"), workers: newWorkers(batch), database: database,
		byID: make(map[string]*job), jobPerformance: make(map[string]*performance),
	}
	go jobs.poll()
	listener := &listener{address: os.Getenv("DB_ADDRESS"), heard: jobs.begin}
	if leaks["listen"] {
		go listener.runLeaky()
	} else {
		go listener.run()
	}
	http.HandleFunc("/jobs", jobs.post)
	http.HandleFunc("/jobs/", jobs.get)
	http.HandleFunc("/metrics", jobs.metrics)
	http.HandleFunc("/healthz", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "ok") })
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}

// Takes a job and says by which name to ask for it.
func (j *jobs) post(w http.ResponseWriter, r *http.Request) {
	var wanted struct {
		Page int `json:",string"`
	}
	if err := json.NewDecoder(r.Body).Decode(&wanted); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	one, err := j.create(wanted.Page)
	if err != nil {
		log.Printf("jobs: %v", err)
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusAccepted)
	json.NewEncoder(w).Encode(map[string]any{"id": one.id})
}

// Answers when the job is done.
func (j *jobs) get(w http.ResponseWriter, r *http.Request) {
	one := j.find(strings.TrimPrefix(r.URL.Path, "/jobs/"))
	if one == nil {
		http.NotFound(w, r)
		return
	}
	state := "done"
	select {
	case <-one.done:
	case <-r.Context().Done():
		return
	case <-time.After(longestWait):
		state = "running"
	}
	one.mutex.Lock()
	defer one.mutex.Unlock()
	json.NewEncoder(w).Encode(map[string]any{"id": one.id, "state": state, "links": one.links})
}

func (j *jobs) metrics(w http.ResponseWriter, r *http.Request) {
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	j.workers.mutex.Lock()
	workers := j.workers.size
	j.workers.mutex.Unlock()
	fmt.Fprintf(w, "Alloc = %d MB\nSys = %d MB\nGoroutines = %d\nWorkers = %d\n",
		memory.Alloc>>20, memory.Sys>>20, runtime.NumGoroutine(), workers)
}
