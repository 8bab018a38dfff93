package main

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	newsEvery = 100 * time.Millisecond
	newsSize  = 8 << 10
	// So many news wait for a client that reads slowly; it misses the others.
	maxQueued = 8
	pingEvery = time.Second
	// Who has neither taken nor sent anything for so long is gone.
	goneAfter = 5 * time.Second
	// Who comes when so many are there is told to come back later.
	maxClients = 100
)

// Somebody who is connected.
type client struct {
	hub     *hub
	socket  *socket
	session *session
	seen    atomic.Int64

	mutex  sync.Mutex
	queue  [][]byte
	waits  *sync.Cond
	closed bool
}

// All who are connected.
type hub struct {
	mutex sync.Mutex
	// How many places are taken.
	taken   int
	clients map[*client]bool
	queued  atomic.Int64
	dropped atomic.Int64
}

// Takes a place for a client, if there is one. Leak `zombies`: nobody is too many.
func (h *hub) admit() bool {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.taken >= maxClients && !leaks["zombies"] {
		return false
	}
	h.taken++
	return true
}

func (h *hub) free() {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.taken--
}

func (h *hub) enter(c *client) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.clients[c] = true
}

func (h *hub) leave(c *client) {
	h.mutex.Lock()
	delete(h.clients, c)
	h.mutex.Unlock()
	c.mutex.Lock()
	c.closed = true
	for _, framed := range c.queue {
		h.queued.Add(-int64(len(framed)))
	}
	c.queue = nil
	c.waits.Broadcast()
	c.mutex.Unlock()
	c.socket.conn.Close()
}

func (h *hub) all() []*client {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	all := make([]*client, 0, len(h.clients))
	for c := range h.clients {
		all = append(all, c)
	}
	return all
}

// Tells all who are there what is new, again and again.
func (h *hub) broadcast() {
	news := strings.Repeat("What is new? ", newsSize/13)
	for number := range time.Tick(newsEvery) {
		for _, c := range h.all() {
			c.enqueue(fmt.Sprintf("news %d for %s: %s", number.UnixMilli(), c.session.user, news))
		}
	}
}

// Leak `broadcast`: what a slow client has not read yet waits for it, however much that is.
func (c *client) enqueue(text string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.closed {
		return
	}
	if len(c.queue) >= maxQueued && !leaks["broadcast"] {
		c.hub.dropped.Add(1)
		return
	}
	framed := frame(textFrame, []byte(text))
	c.hub.queued.Add(int64(len(framed)))
	c.queue = append(c.queue, framed)
	c.waits.Signal()
}

// Writes what is queued, until the client is gone.
func (h *hub) deliver(c *client) {
	for {
		framed := c.next()
		if framed == nil {
			return
		}
		h.queued.Add(-int64(len(framed)))
		if c.socket.write(framed) != nil {
			return
		}
		c.seen.Store(time.Now().UnixNano())
	}
}

// Whom news wait for shows by taking them that it is there, and is not asked.
func (c *client) ask(ping []byte) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if len(c.queue) == 0 && !c.closed {
		c.queue = append(c.queue, ping)
		c.hub.queued.Add(int64(len(ping)))
		c.waits.Signal()
	}
}

func (c *client) next() []byte {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for len(c.queue) == 0 && !c.closed {
		c.waits.Wait()
	}
	if c.closed {
		return nil
	}
	framed := c.queue[0]
	c.queue[0] = nil
	c.queue = c.queue[1:]
	return framed
}

// Asks all who are there whether they still are. Leak `zombies`: nobody is asked, and who was cut off stays.
func (h *hub) watch() {
	ping := frame(pingFrame, nil)
	for now := range time.Tick(pingEvery) {
		if leaks["zombies"] {
			continue
		}
		for _, c := range h.all() {
			if now.UnixNano()-c.seen.Load() > int64(goneAfter) {
				c.socket.conn.Close()
				continue
			}
			c.ask(ping)
		}
	}
}
