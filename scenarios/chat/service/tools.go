package main

import (
	"bufio"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"time"
)

const (
	toolValue = 32 << 10
	// What a tool said is as good for so long.
	toolExpires = 2 * time.Second
	maxTools    = 50
	// Lines of a process may be so long.
	scanBuffer      = 64 << 10
	leakyScanBuffer = 1 << 20
)

// What a tool said.
type toolResult struct {
	text string
	at   time.Time
}

// What the tools said lately, by question.
type toolCache struct {
	mutex   sync.Mutex
	results map[string]toolResult
}

// Leak `tools`: nothing expires, and large answers stay.
func (t *toolCache) ask(question string) string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if result, ok := t.results[question]; ok && time.Since(result.at) < toolExpires {
		return result.text
	}
	if len(t.results) >= maxTools && !leaks["tools"] {
		t.forget(func(toolResult) bool { return len(t.results) >= maxTools })
	}
	text := question + ": " + strings.Repeat("sunny, ", toolValue/7)
	t.results[question] = toolResult{text, time.Now()}
	return text
}

// Forgets results that are not wanted.
func (t *toolCache) forget(unwanted func(toolResult) bool) {
	for question, result := range t.results {
		if unwanted(result) {
			delete(t.results, question)
		}
	}
}

func (t *toolCache) expire() {
	for range time.Tick(toolExpires / 4) {
		if leaks["tools"] {
			continue
		}
		t.mutex.Lock()
		t.forget(func(result toolResult) bool { return time.Since(result.at) >= toolExpires })
		t.mutex.Unlock()
	}
}

// Processes that were started for somebody.
type processes struct {
	mutex sync.Mutex
	held  []*[]byte
}

// Runs a process and counts the lines that it prints. Leak `buffers`: its lines may be a megabyte long, and the buffer
// for that is held until this program exits.
func (p *processes) run() (int, error) {
	buffer := make([]byte, scanBuffer)
	if leaks["buffers"] {
		buffer = make([]byte, leakyScanBuffer)
		p.mutex.Lock()
		p.held = append(p.held, &buffer)
		p.mutex.Unlock()
	}
	command := exec.Command("seq", "150000")
	output, err := command.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err = command.Start(); err != nil {
		return 0, err
	}
	lines := bufio.NewScanner(output)
	lines.Buffer(buffer, len(buffer))
	count := 0
	for lines.Scan() {
		count++
	}
	if err = command.Wait(); err != nil {
		return 0, fmt.Errorf("seq: %w", err)
	}
	return count, lines.Err()
}
