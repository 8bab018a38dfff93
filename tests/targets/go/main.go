// A service in Go whose memory is known: /churn makes garbage, /visit keeps 100 bytes beside it, /leak keeps n sessions,
// /spawn n goroutines that wait.
package main

import (
	"expvar"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"strconv"
	"sync"
)

type session struct {
	name string
	seen [1024]byte
}

var (
	mutex    sync.Mutex
	sessions []*session
	never    = make(chan struct{})
)

func remember(count int) {
	mutex.Lock()
	defer mutex.Unlock()
	for ; count > 0; count-- {
		sessions = append(sessions, &session{name: strconv.Itoa(count)})
	}
}

type item struct {
	text string
	next *item
}

func churn(count int) *item {
	var last *item
	for i := 0; i < count; i++ {
		last = &item{text: fmt.Sprintf("item %d", i), next: last}
		if i%1000 == 0 {
			last = nil
		}
	}
	return last
}

type visit struct {
	seen [92]byte
}

var visits []*visit

// Besides its garbage, 92 bytes in a size class of 96, and the place of a pointer.
func note(garbage int) {
	churn(garbage)
	mutex.Lock()
	defer mutex.Unlock()
	visits = append(visits, &visit{})
}

func spawn(count int) {
	for ; count > 0; count-- {
		go func() { <-never }()
	}
}

func with(work func(int)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		count, err := strconv.Atoi(r.URL.Query().Get("n"))
		if err != nil {
			count = 1000
		}
		work(count)
		fmt.Fprintln(w, "done")
	}
}

func or(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

// Shows the pages that tell of Go itself: SHOW is "pprof" or "vars" where it is to be only one of them.
func show(mux *http.ServeMux) {
	only := os.Getenv("SHOW")
	if only == "" || only == "pprof" {
		mux.HandleFunc("/debug/pprof/", pprof.Index)
	}
	if only == "" || only == "vars" {
		mux.Handle("/debug/vars", expvar.Handler())
	}
}

func listen(port string) net.Listener {
	listener, err := net.Listen("tcp", or("HOST", "127.0.0.1")+":"+port)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return listener
}

func main() {
	mux := http.NewServeMux()
	// With PPROF, at a port of their own.
	if port := os.Getenv("PPROF"); port != "" {
		pages := http.NewServeMux()
		show(pages)
		go http.Serve(listen(port), pages)
	} else {
		show(mux)
	}
	mux.HandleFunc("/leak", with(remember))
	mux.HandleFunc("/churn", with(func(count int) { churn(count) }))
	mux.HandleFunc("/visit", with(note))
	mux.HandleFunc("/spawn", with(spawn))
	mux.HandleFunc("/", with(func(int) {}))
	listener := listen(or("PORT", "0"))
	fmt.Printf("listening on %d\n", listener.Addr().(*net.TCPAddr).Port)
	fmt.Fprintln(os.Stderr, http.Serve(listener, mux))
}
