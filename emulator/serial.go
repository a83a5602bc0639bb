package emulator

import (
	"context"
	"errors"
	"sync"
)

// driver is one emulator without the rules that both share. invoke is called
// by one goroutine at a time, and never after close.
type driver interface {
	kind() Kind
	invoke(ctx context.Context, event []byte, opts Options) (Result, error)
	close() error
}

// serial is a driver and its layout under the rules of Emulator: one event at a
// time, closed once, and closed when a caller goes away before its answer.
type serial struct {
	turn   chan struct{} // holds one token; who takes it may use driver and closed
	driver driver
	layout *layout

	closing   sync.Once
	interrupt context.CancelFunc // ends the invocation in flight
	alive     context.Context
	closed    bool
	closeErr  error
}

func newSerial(d driver, l *layout) *serial {
	alive, interrupt := context.WithCancel(context.Background())
	s := &serial{turn: make(chan struct{}, 1), driver: d, layout: l, alive: alive, interrupt: interrupt}
	s.turn <- struct{}{}
	return s
}

func (s *serial) Kind() Kind { return s.driver.kind() }

func (s *serial) Invoke(ctx context.Context, event []byte, opts Options) (Result, error) {
	if len(event) > MaxEvent {
		// The genuine emulator would cut it without a word.
		return Result{}, ErrEventTooLarge
	}
	select {
	case <-s.turn:
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
	defer func() { s.turn <- struct{}{} }()
	if s.closed || s.alive.Err() != nil {
		return Result{}, ErrClosed
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.alive, cancel)()

	result, err := s.driver.invoke(ctx, event, opts)
	if ctxErr := ctx.Err(); err != nil && ctxErr != nil {
		err = ctxErr
		if s.alive.Err() != nil {
			err = ErrClosed
		}
		s.shut()
	}
	return result, err
}

func (s *serial) Close() error {
	s.closing.Do(func() {
		s.interrupt()
		<-s.turn
		s.shut()
		s.turn <- struct{}{}
	})
	return s.closeErr
}

// shut ends the driver and the layout once; the caller holds the turn.
func (s *serial) shut() {
	if s.closed {
		return
	}
	s.closed = true
	s.closeErr = errors.Join(s.driver.close(), s.layout.close())
}
