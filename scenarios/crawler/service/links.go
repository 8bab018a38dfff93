package main

import (
	"bytes"
	"hash/fnv"
	"io"
	"net/url"
	"strings"
	"sync"
)

const (
	// Of one page so many links are followed.
	maxLinks = 200
	// And so much of it is read.
	maxPage = 64 << 10
)

var mark = []byte(`href="`)

// Fixed: links are taken one by one from a part of the page, and no more than `maxLinks`.
func linksOf(page io.Reader, base *url.URL, buffer []byte) ([]string, error) {
	read, err := io.ReadFull(page, buffer)
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		return nil, err
	}
	seen := make(map[string]bool, maxLinks)
	links := make([]string, 0, maxLinks)
	for rest := buffer[:read]; len(links) < maxLinks; {
		var link []byte
		if link, rest = nextLink(rest); link == nil {
			break
		}
		if one := normal(absolute(string(link), base)); !seen[one] {
			seen[one] = true
			links = append(links, one)
		}
	}
	return links, nil
}

// Leak `links`: all of the page and all of its links, four times over.
func allLinksOf(page io.Reader, base *url.URL) ([]string, error) {
	body, err := io.ReadAll(page)
	if err != nil {
		return nil, err
	}
	var raw, absolutes, normals, unique []string
	for link, rest := nextLink(body); link != nil; link, rest = nextLink(rest) {
		raw = append(raw, string(link))
	}
	for _, link := range raw {
		absolutes = append(absolutes, absolute(link, base))
	}
	for _, link := range absolutes {
		normals = append(normals, normal(link))
	}
	seen := make(map[string]bool)
	for _, link := range normals {
		if !seen[link] {
			seen[link] = true
			unique = append(unique, link)
		}
	}
	return unique, nil
}

// The next link, and what follows it.
func nextLink(page []byte) (link, rest []byte) {
	_, after, found := bytes.Cut(page, mark)
	if !found {
		return nil, nil
	}
	link, rest, found = bytes.Cut(after, []byte{'"'})
	if !found {
		return nil, nil
	}
	return link, rest
}

func absolute(link string, base *url.URL) string {
	to, err := base.Parse(link)
	if err != nil {
		return link
	}
	return to.String()
}

// Without its fragment and what only counts visitors.
func normal(link string) string {
	link, _, _ = strings.Cut(link, "#")
	link, _, _ = strings.Cut(link, "&utm_")
	return strings.ToLower(link)
}

// A Bloom filter of links.
type visited struct {
	mutex sync.Mutex
	bits  [8 << 20]byte
}

func (v *visited) add(link string) {
	hash := fnv.New64a()
	io.WriteString(hash, link)
	sum := hash.Sum64()
	v.mutex.Lock()
	defer v.mutex.Unlock()
	for ; sum != 0; sum >>= 26 {
		bit := sum & (1<<26 - 1)
		v.bits[bit>>3] |= 1 << (bit & 7)
	}
}
