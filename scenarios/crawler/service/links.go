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

// What was found on a page.
type found struct {
	links []string
	// How they were found; kept by the leak only.
	raw, absolutes, normals []string
}

// Fixed: links are taken one by one from a part of the page, and no more than `maxLinks`.
func linksOf(page io.Reader, base *url.URL, buffer []byte) (*found, error) {
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
	return &found{links: links}, nil
}

// Leak `links`: all of the page and all of its links, in four slices that are held until the last task of them is taken.
func allLinksOf(page io.Reader, base *url.URL) (*found, error) {
	body, err := io.ReadAll(page)
	if err != nil {
		return nil, err
	}
	all := &found{}
	for link, rest := nextLink(body); link != nil; link, rest = nextLink(rest) {
		all.raw = append(all.raw, string(link))
	}
	for _, link := range all.raw {
		all.absolutes = append(all.absolutes, absolute(link, base))
	}
	for _, link := range all.absolutes {
		all.normals = append(all.normals, normal(link))
	}
	seen := make(map[string]bool)
	for _, link := range all.normals {
		if !seen[link] {
			seen[link] = true
			all.links = append(all.links, strings.Clone(link))
		}
	}
	return all, nil
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
