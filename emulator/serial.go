package emulator

import (
	"context"
	"errors"
	"sync"
)

// driver is one emulator without the rules that both share. invoke is called
// by as many goroutines at a time as there are turns, and never after close has returned.
type driver interface {
	kind() Kind
	invoke(ctx context.Context, event []byte, opts Options) (Result, error)
	close() error
}

// serial is a driver and its layout under the rules of Emulator: one event at a time (on a managed instance, so many),
// closed once, and closed when a caller goes away before its answer.
type serial struct {
	turn   chan struct{} // holds a token for each event that may be in flight
	driver driver
	layout *layout

	closing   sync.Once
	interrupt context.CancelFunc // ends the invocation in flight
	alive     context.Context
	shutting  sync.Once
	closeErr  error
}

func newSerial(d driver, l *layout, turns int) *serial {
	alive, interrupt := context.WithCancel(context.Background())
	s := &serial{turn: make(chan struct{}, turns), driver: d, layout: l, alive: alive, interrupt: interrupt}
	for range turns {
		s.turn <- struct{}{}
	}
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
	if s.alive.Err() != nil {
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
		for range cap(s.turn) {
			<-s.turn
		}
		s.shut()
		for range cap(s.turn) {
			s.turn <- struct{}{}
		}
	})
	return s.closeErr
}

// shut ends the driver and the layout once.
func (s *serial) shut() {
	s.shutting.Do(func() {
		s.interrupt()
		s.closeErr = errors.Join(s.driver.close(), s.layout.close())
	})
}
