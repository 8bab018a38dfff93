// A chat. Each leak of the post-mortem is behind a switch: LEAKS=index,history,tools,buffers,broadcast,zombies.
package main

import (
	_ "expvar"
	"fmt"
	"hash/fnv"
	"io"
	"log"
	"net/http"
	_ "net/http/pprof"
	"os"
	"strings"
	"sync"
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

// What the filter against abuse knows: it is there from the start, and stays.
type filter [4 << 20]byte

type chat struct {
	filter    *filter
	hub       hub
	sessions  sessions
	index     index
	tools     toolCache
	processes processes
}

func main() {
	c := &chat{
		filter:   learn(),
		hub:      hub{clients: make(map[*client]bool)},
		sessions: sessions{byUser: make(map[string]*session)},
		tools:    toolCache{results: make(map[string]toolResult)},
	}
	go c.hub.broadcast()
	go c.hub.watch()
	go c.index.run()
	go c.tools.expire()
	http.HandleFunc("/chat", c.join)
	http.HandleFunc("/metrics", c.metrics)
	http.HandleFunc("/healthz", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "ok") })
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}

func learn() *filter {
	f := new(filter)
	for i := range f {
		f[i] = byte(i * 31)
	}
	return f
}

// Lets a client in and hears it until it leaves.
func (c *chat) join(w http.ResponseWriter, r *http.Request) {
	if !c.hub.admit() {
		http.Error(w, "too many are here: come back later", http.StatusServiceUnavailable)
		return
	}
	defer c.hub.free()
	socket, err := upgrade(w, r)
	if err != nil {
		return
	}
	one := &client{hub: &c.hub, socket: socket, session: c.sessions.of(r.URL.Query().Get("user"))}
	one.waits = sync.NewCond(&one.mutex)
	one.seen.Store(time.Now().UnixNano())
	c.hub.enter(one)
	defer c.hub.leave(one)
	go c.hub.deliver(one)
	c.hear(one)
}

func (c *chat) hear(one *client) {
	for {
		kind, payload, err := one.socket.read()
		if err != nil {
			return
		}
		one.seen.Store(time.Now().UnixNano())
		var answer []byte
		switch kind {
		case closeFrame:
			one.socket.goodbye()
			return
		case pingFrame:
			answer = frame(pongFrame, payload)
		case textFrame:
			answer = frame(textFrame, []byte(c.answer(one, string(payload))))
		default:
			continue
		}
		if one.socket.write(answer) != nil {
			return
		}
	}
}

// `say TEXT`, `tool QUESTION`, `run`, or `find TEXT`.
func (c *chat) answer(one *client, text string) string {
	command, rest, _ := strings.Cut(text, " ")
	switch command {
	case "say":
		if c.filter.refuses(rest) {
			return "no"
		}
		return one.session.say(rest)
	case "tool":
		return "tool " + c.tools.ask(rest)
	case "run":
		lines, err := c.processes.run()
		if err != nil {
			return "failed: " + err.Error()
		}
		return fmt.Sprintf("ran: %d lines", lines)
	case "find":
		return fmt.Sprintf("found: %d files", c.index.find(rest))
	}
	return "what? " + text
}

func (f *filter) refuses(text string) bool {
	hash := fnv.New32a()
	io.WriteString(hash, text)
	return f[hash.Sum32()%uint32(len(f))] == 0xff && len(text) > 1<<15
}

func (c *chat) metrics(w http.ResponseWriter, r *http.Request) {
	c.hub.mutex.Lock()
	clients := len(c.hub.clients)
	c.hub.mutex.Unlock()
	fmt.Fprintf(w, "chat_clients %d\nchat_queued_bytes %d\nchat_dropped_total %d\n",
		clients, c.hub.queued.Load(), c.hub.dropped.Load())
}
