package lumoproc

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

const (
	fSetPipeSize = 1031 // F_SETPIPE_SZ of linux/fcntl.h, which package syscall lacks
	fGetPipeSize = 1032 // F_GETPIPE_SZ

	// wantedPipeSize is the most that /proc/sys/fs/pipe-max-size allows without privilege by default. It saves
	// wake-ups on large events; a kernel that refuses leaves the pipe as it is.
	wantedPipeSize = 1 << 20
)

// pipes are the three pipes of one child, both ends of each.
type pipes struct {
	childIn, childOut, childErr *os.File
	in, out, err                *os.File
}

func openPipes() (p pipes, err error) {
	open := func(r, w **os.File) {
		if err == nil {
			*r, *w, err = os.Pipe()
		}
	}
	open(&p.childIn, &p.in)
	open(&p.out, &p.childOut)
	open(&p.err, &p.childErr)
	if err != nil {
		p.closeChild()
		p.closeParent()
		return pipes{}, fmt.Errorf("open pipes: %w", err)
	}
	return p, nil
}

// closeChild closes our copies of the child's ends. While one is open here, the end of the child is not the end of its pipe.
func (p pipes) closeChild() { closeAll(p.childIn, p.childOut, p.childErr) }

func (p pipes) closeParent() { closeAll(p.in, p.out, p.err) }

func closeAll(files ...*os.File) {
	for _, f := range files {
		if f != nil {
			_ = f.Close() // a pipe has nothing to lose on close
		}
	}
}

// enlarge makes the pipe under raw as large as allowed, and gives its size in bytes.
func enlarge(raw syscall.RawConn) int {
	size := 64 << 10 // the default of pipe(7), where the kernel does not say
	_ = raw.Control(func(fd uintptr) {
		_, _, _ = syscall.Syscall(syscall.SYS_FCNTL, fd, fSetPipeSize, wantedPipeSize)
		if n, _, errno := syscall.Syscall(syscall.SYS_FCNTL, fd, fGetPipeSize, 0); errno == 0 {
			size = int(n)
		}
	})
	return size
}

// rawConn gives the descriptor of one of our own pipe ends.
func rawConn(f *os.File) syscall.RawConn {
	raw, err := f.SyscallConn()
	if err != nil {
		panic("bug: a pipe without a descriptor: " + err.Error())
	}
	return raw
}

// read is read(2) on a non-blocking descriptor. At end of file n is 0 and err nil.
func read(fd uintptr, p []byte) (int, error) {
	for {
		n, err := syscall.Read(int(fd), p)
		if err != syscall.EINTR {
			return max(n, 0), err
		}
	}
}

// unreadBytes gives what nobody has read of what was written to a pipe. It can be asked at either end, and after the
// reader's death: so it is known which requests a dead child has not seen.
func unreadBytes(raw syscall.RawConn) (n int32) {
	_ = raw.Control(func(fd uintptr) {
		const fionread = 0x541b // FIONREAD of asm-generic/ioctls.h
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, fd, fionread, uintptr(unsafe.Pointer(&n))); errno != 0 {
			n = 0
		}
	})
	return n
}

// writev writes bufs, with wait also where it has to wait for room in the pipe, and returns what is left of them.
func writev(raw syscall.RawConn, bufs [3][]byte, wait bool) (left [3][]byte, err error) {
	var iov [3]syscall.Iovec
	waitErr := raw.Write(func(fd uintptr) (done bool) {
		for {
			n := 0
			for _, b := range bufs {
				if len(b) > 0 {
					iov[n].Base = &b[0]
					iov[n].SetLen(len(b))
					n++
				}
			}
			if n == 0 {
				return true
			}
			wrote, _, errno := syscall.Syscall(syscall.SYS_WRITEV, fd, uintptr(unsafe.Pointer(&iov[0])), uintptr(n))
			switch errno {
			case 0:
			case syscall.EAGAIN:
				return !wait
			case syscall.EINTR:
				continue
			default:
				err = os.NewSyscallError("writev", errno)
				return true
			}
			for i := range bufs {
				k := min(int(wrote), len(bufs[i]))
				bufs[i] = bufs[i][k:]
				wrote -= uintptr(k)
			}
		}
	})
	return bufs, errors.Join(err, waitErr)
}

// outPipe reads a child's stdout. After end, it gives what is in the pipe and then io.EOF, without waiting for
// other processes that hold the pipe open, or write to it without end.
type outPipe struct {
	f     *os.File
	raw   syscall.RawConn
	ended atomic.Bool
	left  int // what may still be read after end: what the pipe holds
}

func newOutPipe(f *os.File) *outPipe {
	p := &outPipe{f: f, raw: rawConn(f)}
	p.left = enlarge(p.raw)
	return p
}

func (p *outPipe) Read(b []byte) (n int, err error) {
	var readErr error
	attempt := func(fd uintptr) (done bool) {
		n, readErr = read(fd, b)
		return readErr != syscall.EAGAIN
	}
	if p.ended.Load() {
		b = b[:min(len(b), p.left)]
		defer func() { p.left -= n }()
	}
	if !p.ended.Load() {
		err = p.raw.Read(attempt)
	}
	if p.ended.Load() && (err != nil || n == 0) {
		// The deadline that woke us says nothing about what is in the pipe.
		err = p.raw.Control(func(fd uintptr) { attempt(fd) })
	}
	switch {
	case err != nil:
		return 0, fmt.Errorf("read pipe: %w", err)
	case readErr == syscall.EAGAIN, readErr == nil && n == 0:
		return 0, io.EOF
	case readErr != nil:
		return 0, os.NewSyscallError("read", readErr)
	}
	return n, nil
}

func (p *outPipe) end() {
	p.ended.Store(true)
	_ = p.f.SetReadDeadline(time.Unix(1, 0)) // fails only when closed
}
