package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// What database/sql calls a connection that is gone.
var errBadConnection = errors.New("driver: bad connection")

// A session with PostgreSQL: as much of its protocol as a crawler needs.
type session struct {
	conn net.Conn
	in   *bufio.Reader
	used time.Time
}

// One message of the server.
type message struct {
	kind byte
	body []byte
}

func dial(address string) (*session, error) {
	conn, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		return nil, err
	}
	s := &session{conn: conn, in: bufio.NewReaderSize(conn, 16<<10)}
	const version = 3 << 16
	hello := binary.BigEndian.AppendUint32(nil, version)
	hello = append(hello, "user\x00crawler\x00database\x00postgres\x00\x00"...)
	if _, err = conn.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(hello)+4)), hello...)); err == nil {
		err = s.settle()
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return s, nil
}

// Sends a query without waiting for what comes of it.
func (s *session) send(query string) error {
	text := binary.BigEndian.AppendUint32([]byte{'Q'}, uint32(len(query)+5))
	if _, err := s.conn.Write(append(append(text, query...), 0)); err != nil {
		return errBadConnection
	}
	s.used = time.Now()
	return nil
}

// Runs a query to its end.
func (s *session) exec(query string) error {
	if err := s.send(query); err != nil {
		return err
	}
	return s.settle()
}

// Reads until the server is ready for the next query; the error that it told, if any.
func (s *session) settle() error {
	var told error
	for {
		m, err := s.next()
		switch {
		case err != nil:
			return err
		case m.kind == 'E':
			told = m.failure()
		case m.kind == 'Z':
			return told
		}
	}
}

func (s *session) next() (message, error) {
	var head [5]byte
	if _, err := io.ReadFull(s.in, head[:]); err != nil {
		return message{}, errBadConnection
	}
	length := binary.BigEndian.Uint32(head[1:])
	if length < 4 || length > 1<<20 {
		return message{}, errBadConnection
	}
	body := make([]byte, length-4)
	if _, err := io.ReadFull(s.in, body); err != nil {
		return message{}, errBadConnection
	}
	return message{head[0], body}, nil
}

// Of an error: its text, which stands in the field M.
func (m message) failure() error {
	for _, field := range bytes.Split(m.body, []byte{0}) {
		if len(field) > 0 && field[0] == 'M' {
			return fmt.Errorf("postgres: %s", field[1:])
		}
	}
	return errors.New("postgres: an error without a message")
}

// Of a notification: its payload, after the process and the channel.
func (m message) payload() string {
	_, payload, _ := bytes.Cut(m.body[4:], []byte{0})
	return string(bytes.TrimSuffix(payload, []byte{0}))
}

const (
	poolSize = 4
	// The server ends sessions that were idle for longer.
	freshFor = time.Second
)

// A pool of sessions; a place in it may be empty.
type database struct {
	address string
	places  chan *session
}

func open(address string) *database {
	d := &database{address, make(chan *session, poolSize)}
	for range make([]struct{}, poolSize) {
		d.places <- nil
	}
	return d
}

// Runs a query in a session of the pool.
func (d *database) exec(query string) error {
	s := <-d.places
	if s != nil && time.Since(s.used) > freshFor {
		s.conn.Close()
		s = nil
	}
	var err error
	if s == nil {
		if s, err = dial(d.address); err != nil {
			d.places <- nil
			return err
		}
	}
	if err = s.exec(query); errors.Is(err, errBadConnection) {
		s.conn.Close()
		s = nil
	}
	d.places <- s
	return err
}
