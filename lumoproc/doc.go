// Package lumoproc runs a program that answers requests over its stdin and stdout, and keeps one warm.
//
// It knows frames, processes and pipes, and nothing of Lambda. It is for Linux: it relies on process groups,
// parent-death signals, writev and the size of pipes.
//
// # Frames
//
// Commands travel on the child's stdin, reports on its stdout. A frame is a header of 12 bytes, big endian, and a
// payload of at most [MaxPayload] bytes:
//
//	offset  size  field
//	0       2     magic    0x4C 0x4D ("LM")
//	2       1     version  0x01
//	3       1     type
//	4       4     request  number of the request, from 1; 0 where the frame is about no request
//	8       4     length   of the payload in bytes
//	12      …     payload
//
//	0x01  Invoke  to the child    u32 length of the context, the context, the event
//	0x02  Stop    to the child    empty
//	0x03  Credit  to the child    u32 number of bytes that it may send more of the request's streamed answer
//	0x04  Cancel  to the child    empty; nobody waits for the request any more
//	0x81  Ready   from the child  a JSON object; request 0, once
//	0x82  Result  from the child  the answer
//	0x83  Fault   from the child  u16 length of the type, the type (ASCII), the error's JSON; request 0: of the child itself
//	0x84  Log     from the child  u8 level, 1 to 6, then the text; with 0x80 added to the level, a JSON object
//	0x85  Begin   from the child  the answer is streamed; its content type (printable ASCII)
//	0x86  Chunk   from the child  bytes of a streamed answer, no more than there is credit for
//	0x87  End     from the child  empty; a streamed answer is whole
//
// testdata/frames.json holds each of them in bytes, good and bad.
//
// Context, event, answer and error JSON are never parsed here, and are not copied between the caller and the pipe.
//
// # What the child may write
//
// Bytes on its stdout before its first frame are log lines. The first frame is told from text by twelve bytes that no
// text holds: the magic, a version, the type of a report that can come first, the request number 0, a legal length.
// From the first frame on, anything that is not a frame is a [ProtocolError], and ends the child.
//
// Its stderr is log lines throughout. They are attributed to the request in flight where there is exactly one. All that
// the child wrote there before its answer is logged before Invoke returns, and none of it is attributed to a later request.
// The log never blocks on a long line: it is cut at [MaxLine] bytes and goes on as another.
//
// # Streams
//
// A request ends in one of Result, Fault and End. Between Begin and its End or Fault come Chunks. The child may have sent
// [StreamWindow] bytes that [Invoke.Stream]'s writer has not taken, and waits for Credit then: so the goroutine that reads its
// stdout never waits, many answers share the pipe, and memory is bounded. What came before the end of a stream is written
// before Invoke returns, but for a time-out.
//
// # Cancellation
//
// A request whose context ends, or whose stream is not taken, while others are in flight is cancelled: its caller has the
// error at once, the child is told, and says by the request's own Result, Fault or End that it is done with it. It gets no new
// request until then. If it has not said so within a second, its event loop is stuck: it is retired. A new child takes its
// place; it may finish what it has, each request until its context ends, and is killed with the last.
//
// # Lifecycle
//
// A child is starting until it has sent Ready, then ready or busy, draining once it is to go, exited when it has been
// reaped and its pipes have been read to the end. One struct holds that state and one function changes it.
//
// [Start] gives a [Keeper], which starts a child at once. A child that dies, whatever the reason, fails the requests it
// had in flight with one error each, and only those. A request that it has not read whole (writing it failed, or the
// pipe still holds some of it) has not been seen by the handler, so it is given to the next child, once.
//
// A start is owed to one of three: the call of Start, a request given to the child before, a caller that waits in
// [Keeper.Invoke]. So a replacement for a child that served is started at once, and a child that dies before it is of
// any use is started again only when somebody asks: a crash loop is bounded by the number of requests, without a timer.
//
// A child that hangs while it starts is ended by a request that waited for it in vain, once that start has taken ten seconds
// and five times as long as any that succeeded; the next request gets another.
//
// A child that misses the deadline of a request is asked what it is doing, where [Config.Where] and [Invoke.Inspect] want it,
// and then killed and replaced: see package inspector.
//
// Each child leads its own process group, is killed by the kernel when this process dies, and its group is killed before
// it is reaped. A program that leaves the group (setsid) is out of reach. [Keeper.Close] returns when the child, the
// goroutines and the descriptors are gone.
//
// # Concurrency
//
// All methods of a Keeper and of a [Pool] may be called at the same time by many goroutines. Frames and states allow for many
// requests in flight in one child; whether the child does is for the caller to know. A Pool spreads them over several
// Keepers. A frame is written by the caller where the pipe has room for it, else by a goroutine of the child's. Config.Log is called from several goroutines.
package lumoproc
