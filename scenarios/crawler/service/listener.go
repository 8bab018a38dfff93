package main

import (
	"log"
	"time"
)

const (
	reconnectAfter = 200 * time.Millisecond
	keepAliveEvery = 500 * time.Millisecond
)

// Hears of new jobs by LISTEN and NOTIFY.
type listener struct {
	address string
	heard   func(job string)
	// What the leak has opened, to be closed at the end.
	opened []*session
}

// Fixed: a query a second keeps the session from being idle, and what is lost is closed before another is opened.
func (l *listener) run() {
	for {
		if s, err := dial(l.address); err == nil {
			err = l.hear(s)
			s.conn.Close()
			log.Printf("listen: %v", err)
		} else {
			log.Printf("listen: %v", err)
		}
		time.Sleep(reconnectAfter)
	}
}

func (l *listener) hear(s *session) error {
	if err := s.exec("LISTEN jobs"); err != nil {
		return err
	}
	alive := time.NewTicker(keepAliveEvery)
	defer alive.Stop()
	lost := make(chan error, 1)
	go func() { lost <- l.deliver(s) }()
	for {
		select {
		case err := <-lost:
			return err
		case <-alive.C:
			if err := s.send("SELECT 1"); err != nil {
				return err
			}
		}
	}
}

// Hands on what comes, until the session is lost.
func (l *listener) deliver(s *session) error {
	for {
		m, err := s.next()
		if err != nil {
			return err
		}
		if m.kind == 'A' {
			l.heard(m.payload())
		}
	}
}

// A session and the goroutine that reads it.
type subscription struct {
	session *session
	lost    chan error
	dead    bool
}

// Leak `listen`: nothing keeps the session alive, so the server ends it, again and again. To reconnect, a new session is
// opened, but LISTEN is sent over the one before it. That fails the first time, and works the second time: over a session
// that is not the newest. The newest is forgotten, with the goroutine that waits for somebody to hear that it was lost.
func (l *listener) runLeaky() {
	current := &subscription{dead: true}
	for {
		fresh, err := l.subscribe(current)
		if err != nil {
			log.Printf("listen: reconnect failed: %v", err)
			current = fresh
			time.Sleep(reconnectAfter)
			continue
		}
		err = <-current.lost
		current.dead = true
		log.Printf("listen: connection lost: %v", err)
	}
}

func (l *listener) subscribe(current *subscription) (*subscription, error) {
	s, err := dial(l.address)
	if err != nil {
		return current, err
	}
	l.opened = append(l.opened, s)
	fresh := &subscription{session: s, lost: make(chan error)}
	go func() { fresh.lost <- l.deliver(s) }()
	if current.dead {
		return fresh, errBadConnection
	}
	return fresh, current.session.send("LISTEN jobs")
}
