// The site that is crawled: most pages have a few dozen links, one in ten a thousand, one in eight ten thousand.
package main

import (
	"bytes"
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
)

const pages = 500

func links(page int) int {
	switch {
	case page%8 == 0:
		return 10_000
	case page%10 == 0:
		return 1000
	}
	return 20 + page%40
}

func render(page int) []byte {
	var html bytes.Buffer
	fmt.Fprintf(&html, "<title>Page %d</title>\n", page)
	for link := 0; link < links(page); link++ {
		to := (page*7 + link*13) % pages
		fmt.Fprintf(&html, "<a href=\"/page/%d?from=%d&item=%d&utm_source=catalogue&utm_medium=listing#top\">item</a>\n", to, page, link)
	}
	return html.Bytes()
}

func main() {
	var rendered [pages][]byte
	for page := range rendered {
		rendered[page] = render(page)
	}
	http.HandleFunc("/page/", func(w http.ResponseWriter, r *http.Request) {
		page, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/page/"))
		if err != nil || page < 0 || page >= pages {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		w.Write(rendered[page])
	})
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "a site") })
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
