package load_test

import (
	"io"
	"net"
	"strings"
	"testing"

	"github.com/askonce/askonce/bench/load"
)

// replying accepts one connection, reads what is asked, and sends the parts of
// a reply one by one.
func replying(t *testing.T, parts ...string) *load.Conn {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		c, err := listener.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		c.Read(make([]byte, 1024))
		for _, part := range parts {
			io.WriteString(c, part)
		}
	}()
	conn, err := load.Dial(t.Context(), load.Redis, listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func TestCommandCountsBytes(t *testing.T) {
	want := "*3\r\n$3\r\nSET\r\n$3\r\nk\u00e9\r\n$0\r\n\r\n"
	if got := string(load.Command("SET", "k\u00e9", "")); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestConnReadsReplies(t *testing.T) {
	long := strings.Repeat("0123456789\r\n", 5_000)
	for _, test := range []struct {
		parts []string
		want  string
	}{
		{[]string{"+PO", "NG\r", "\n"}, "PONG"},
		{[]string{":42\r\n"}, "42"},
		{[]string{"$0\r\n\r\n"}, ""},
		{[]string{"$5\r\na\r\nb", "c\r\n"}, "a\r\nbc"},
		{[]string{"$60000\r", "\n", long, "\r\n"}, long},
	} {
		reply, err := replying(t, test.parts...).Do(load.Command("GET", "k"))
		if err != nil || string(reply.Body) != test.want {
			t.Errorf("%.20q: %.20q, %v", test.parts, reply.Body, err)
		}
	}
}

func TestConnRefusesErrorsAndBrokenReplies(t *testing.T) {
	for reply, mentions := range map[string]string{
		"":                        "broke off",
		"\r\n":                    "empty",
		"-LOADING wait\r\n":       "LOADING",
		"$-1\r\n":                 "no value",
		"$x\r\n":                  "no value",
		"$5\r\nfour":              "broke off",
		"$4\r\nfour\r\n+more\r\n": "behind the end",
		"*1\r\n$1\r\nx\r\n":       "*1",
	} {
		if _, err := replying(t, reply).Do(load.Command("GET", "k")); err == nil || !strings.Contains(err.Error(), mentions) {
			t.Errorf("%q: %v", reply, err)
		}
	}
}
