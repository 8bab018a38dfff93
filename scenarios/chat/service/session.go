package main

import (
	"strings"
	"sync"
)

// A session remembers so many exchanges, as promised.
const maxHistory = 10

// What somebody said, and what was answered.
type exchange struct{ said, answered string }

// The sessions of all users; they outlive connections.
type sessions struct {
	mutex  sync.Mutex
	byUser map[string]*session
}

type session struct {
	user    string
	mutex   sync.Mutex
	history []exchange
}

func (s *sessions) of(user string) *session {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	one := s.byUser[user]
	if one == nil {
		one = &session{user: user}
		s.byUser[user] = one
	}
	return one
}

// Leak `history`: the promised cap of 10 is not kept.
func (s *session) say(text string) string {
	answer := "answer to " + text[:min(len(text), 8)] + ": " + strings.Repeat("I see. ", 800)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.history = append(s.history, exchange{text, answer})
	if len(s.history) > maxHistory && !leaks["history"] {
		s.history = append([]exchange(nil), s.history[len(s.history)-maxHistory:]...)
	}
	return answer
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}
