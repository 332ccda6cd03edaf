// Command ferretdb serves MongoDB's protocol over SQLite, for tests. It embeds FerretDB, whose own command does not
// run when it is built from its module. It passes on one command at a time: MongoDB changes a document atomically,
// but FerretDB reads and writes it in two steps.
package main

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	if err := run(); err != nil {
		slog.Error("FerretDB failed", "error", err)
		os.Exit(1)
	}
}

func run() error {
	listen := flag.String("listen", "127.0.0.1:27017", "address")
	data := flag.String("data", ".", "folder of the databases")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	socket := filepath.Join(*data, "socket")
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	server, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{Unix: socket},
		Handler:   "sqlite",
		SQLiteURL: "file:" + *data + "/",
	})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { listener.Close() })
	slog.Info("ready", "address", listener.Addr())
	go accept(listener, socket)
	return server.Run(ctx)
}

// accept passes on what comes until the listener is closed.
func accept(listener net.Listener, socket string) {
	var turn sync.Mutex
	for {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer client.Close()
			if err := pass(client, socket, &turn); err != nil && !errors.Is(err, io.EOF) {
				slog.Info("connection ended", "error", err)
			}
		}()
	}
}

// pass hands the messages of a client to the server, when it is their turn, and the replies back: one for each.
func pass(client net.Conn, socket string, turn *sync.Mutex) error {
	server, err := net.Dial("unix", socket)
	if err != nil {
		return err
	}
	defer server.Close()
	for {
		message, err := read(client)
		if err != nil {
			return err
		}
		reply, err := ask(server, message, turn)
		if err != nil {
			return err
		}
		if _, err := client.Write(reply); err != nil {
			return err
		}
	}
}

func ask(server net.Conn, message []byte, turn *sync.Mutex) ([]byte, error) {
	turn.Lock()
	defer turn.Unlock()
	if _, err := server.Write(message); err != nil {
		return nil, err
	}
	return read(server)
}

// read returns a message, which begins with its own length.
func read(from net.Conn) ([]byte, error) {
	const most = 48_000_000 // bytes, as in MongoDB
	length := make([]byte, 4)
	if _, err := io.ReadFull(from, length); err != nil {
		return nil, err
	}
	size := binary.LittleEndian.Uint32(length)
	if size < 16 || size > most {
		return nil, errors.New("a message is malformed")
	}
	message := make([]byte, size)
	copy(message, length)
	_, err := io.ReadFull(from, message[4:])
	return message, err
}
