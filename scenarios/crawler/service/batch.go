package main

import (
	"log"
	"strings"
	"sync"
	"time"
)

const (
	// The database is slow: it takes so many tasks at a time, so often.
	flushed    = 100
	flushEvery = 100 * time.Millisecond
	// More tasks than these do not wait for it; who has more waits too.
	maxTasks = 300
)

// A link that was found.
type task struct{ job, link string }

// Tasks on their way into the database.
type taskBatch struct {
	mutex    sync.Mutex
	room     *sync.Cond
	tasks    []task
	database *database
}

func newTaskBatch(database *database) *taskBatch {
	b := &taskBatch{database: database}
	b.room = sync.NewCond(&b.mutex)
	return b
}

// Leak `task-batch`: nobody waits for a slow database, and the batch grows.
func (b *taskBatch) add(job string, links []string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for _, link := range links {
		for !leaks["task-batch"] && len(b.tasks) >= maxTasks {
			b.room.Wait()
		}
		b.tasks = append(b.tasks, task{job, link})
	}
}

// What is written next.
func (b *taskBatch) take() []task {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	count := len(b.tasks)
	if count > flushed {
		count = flushed
	}
	taken := append([]task(nil), b.tasks[:count]...)
	b.tasks = append(b.tasks[:0], b.tasks[count:]...)
	b.room.Broadcast()
	return taken
}

func (b *taskBatch) run() {
	for range time.Tick(flushEvery) {
		if tasks := b.take(); len(tasks) > 0 {
			if err := b.database.exec(insert(tasks)); err != nil {
				log.Printf("tasks: %v", err)
			}
		}
	}
}

func insert(tasks []task) string {
	rows := make([]string, len(tasks))
	for i, task := range tasks {
		rows[i] = "(" + quoted(task.link) + "," + quoted(task.job) + ")"
	}
	return "INSERT INTO tasks (link, job) VALUES " + strings.Join(rows, ",") + " ON CONFLICT DO NOTHING"
}

func quoted(text string) string {
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}
