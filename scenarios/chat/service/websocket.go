package main

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Frames of RFC 6455, as many kinds as a chat needs.
const (
	textFrame  = 0x1
	closeFrame = 0x8
	pingFrame  = 0x9
	pongFrame  = 0xA
	// Longer messages than this are refused.
	longest = 64 << 10
	// The system holds no more than this for one who does not read.
	systemBuffer = 32 << 10
)

var errProtocol = errors.New("websocket: not what this server speaks")

// The server's end of a WebSocket: one reads, any number write.
type socket struct {
	conn    net.Conn
	in      *bufio.Reader
	writing sync.Mutex
}

func upgrade(w http.ResponseWriter, r *http.Request) (*socket, error) {
	key := r.Header.Get("Sec-WebSocket-Key")
	if key == "" || !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		http.Error(w, "a WebSocket is wanted here", http.StatusBadRequest)
		return nil, errProtocol
	}
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		return nil, errProtocol
	}
	conn, buffered, err := hijacker.Hijack()
	if err != nil {
		return nil, err
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetWriteBuffer(systemBuffer)
	}
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	answer := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		base64.StdEncoding.EncodeToString(sum[:]) + "\r\n\r\n"
	if _, err = io.WriteString(conn, answer); err != nil {
		conn.Close()
		return nil, err
	}
	return &socket{conn: conn, in: buffered.Reader}, nil
}

// The next frame: what kind it is, and what it says.
func (s *socket) read() (kind byte, payload []byte, err error) {
	var head [2]byte
	if _, err = io.ReadFull(s.in, head[:]); err != nil {
		return 0, nil, err
	}
	length, err := s.length(head[1] & 0x7f)
	if err != nil {
		return 0, nil, err
	}
	// Clients mask what they send, and this server takes no fragments.
	if head[0]&0x80 == 0 || head[1]&0x80 == 0 || length > longest {
		return 0, nil, errProtocol
	}
	var mask [4]byte
	if _, err = io.ReadFull(s.in, mask[:]); err != nil {
		return 0, nil, err
	}
	payload = make([]byte, length)
	if _, err = io.ReadFull(s.in, payload); err != nil {
		return 0, nil, err
	}
	for i := range payload {
		payload[i] ^= mask[i%4]
	}
	return head[0] & 0xf, payload, nil
}

func (s *socket) length(short byte) (uint64, error) {
	var more [8]byte
	switch short {
	case 126:
		_, err := io.ReadFull(s.in, more[6:])
		return binary.BigEndian.Uint64(more[:]), err
	case 127:
		_, err := io.ReadFull(s.in, more[:])
		return binary.BigEndian.Uint64(more[:]), err
	}
	return uint64(short), nil
}

// A frame as it goes over the wire.
func frame(kind byte, payload []byte) []byte {
	framed := make([]byte, 0, len(payload)+10)
	framed = append(framed, 0x80|kind)
	switch length := len(payload); {
	case length < 126:
		framed = append(framed, byte(length))
	case length < 1<<16:
		framed = binary.BigEndian.AppendUint16(append(framed, 126), uint16(length))
	default:
		framed = binary.BigEndian.AppendUint64(append(framed, 127), uint64(length))
	}
	return append(framed, payload...)
}

// Writes a frame; waits for a client that reads slowly.
func (s *socket) write(framed []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	_, err := s.conn.Write(framed)
	return err
}

// Says goodbye to one who may not listen any more.
func (s *socket) goodbye() {
	s.conn.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
	s.write(frame(closeFrame, nil))
	s.conn.Close()
}
