package lumoproc_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/lumoproc"
)

// vectors is testdata/frames.json.
type vectors struct {
	Version int
	Comment []string
	Good    []struct {
		Name     string
		Type     string
		TypeCode byte
		Request  uint32
		Hex      string
		Level    lumoproc.Level
		Record   bool
		Bytes    uint32

		Context, ContextBase64     *string
		Event, EventBase64         *string
		Answer, AnswerBase64       *string
		ErrorType, ErrorTypeBase64 *string
		Body, BodyBase64           *string
		Text, TextBase64           *string
		Ready, ReadyBase64         *string
		Data, DataBase64           *string
		ContentType                string
	}
	Bad []struct{ Name, Hex, Error string }
}

type frame struct {
	name    string
	request uint32
	message lumoproc.Message
	bytes   []byte
}

func readVectors(t testing.TB) (good []frame, v vectors) {
	t.Helper()
	text, err := os.ReadFile("testdata/frames.json")
	require.NoError(t, err)
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&v))
	require.Equal(t, 1, v.Version)
	field := func(plain, coded *string) []byte {
		if coded != nil {
			b, err := base64.StdEncoding.DecodeString(*coded)
			require.NoError(t, err)
			return b
		}
		require.NotNil(t, plain, "a field is missing")
		return []byte(*plain)
	}
	for _, g := range v.Good {
		f := frame{name: g.Name, request: g.Request}
		f.bytes, err = hex.DecodeString(g.Hex)
		require.NoError(t, err, g.Name)
		switch g.Type {
		case "Invoke":
			f.message = lumoproc.Invoke{Context: field(g.Context, g.ContextBase64), Event: field(g.Event, g.EventBase64)}
		case "Stop":
			f.message = lumoproc.Stop{}
		case "Ready":
			f.message = lumoproc.Ready{JSON: field(g.Ready, g.ReadyBase64)}
		case "Result":
			f.message = lumoproc.Result{Answer: field(g.Answer, g.AnswerBase64)}
		case "Fault":
			f.message = lumoproc.Fault{ErrorType: string(field(g.ErrorType, g.ErrorTypeBase64)), Body: field(g.Body, g.BodyBase64)}
		case "Log":
			f.message = lumoproc.Log{Level: g.Level, Text: field(g.Text, g.TextBase64), Record: g.Record}
		case "Credit":
			f.message = lumoproc.Credit{Bytes: g.Bytes}
		case "Cancel":
			f.message = lumoproc.Cancel{}
		case "Begin":
			f.message = lumoproc.Begin{ContentType: g.ContentType}
		case "Chunk":
			f.message = lumoproc.Chunk{Data: field(g.Data, g.DataBase64)}
		case "End":
			f.message = lumoproc.End{}
		}
		require.NotNil(t, f.message, g.Name)
		require.Equal(t, g.Type, f.message.Type().String(), g.Name)
		require.Equal(t, g.TypeCode, byte(f.message.Type()), g.Name)
		good = append(good, f)
	}
	return good, v
}

func TestVectorsEncode(t *testing.T) {
	good, _ := readVectors(t)
	for _, f := range good {
		b, err := lumoproc.Append(nil, f.request, f.message)
		require.NoError(t, err, f.name)
		assert.Equal(t, f.bytes, b, f.name)
	}
}

func TestVectorsCoverEveryTypeLevelAndError(t *testing.T) {
	good, v := readVectors(t)
	seen := map[string]bool{}
	for _, f := range good {
		seen[f.message.Type().String()] = true
		if l, ok := f.message.(lumoproc.Log); ok {
			seen[fmt.Sprint("level ", l.Level)] = true
		}
	}
	for _, b := range v.Bad {
		seen[b.Error] = true
	}
	for _, want := range []string{"Invoke", "Stop", "Credit", "Cancel", "Ready", "Result", "Fault", "Log",
		"Begin", "Chunk", "End",
		"level 1", "level 2", "level 3", "level 4", "level 5", "level 6",
		"magic", "version", "type", "length", "truncated", "payload"} {
		assert.True(t, seen[want], "no vector for %s", want)
	}
}

// stream is all good frames, one after another.
func stream(good []frame) (b []byte) {
	for _, f := range good {
		b = append(b, f.bytes...)
	}
	return b
}

func TestVectorsDecodeHoweverTheBytesArrive(t *testing.T) {
	good, _ := readVectors(t)
	ways := map[string]func(io.Reader) io.Reader{
		"all at once":        func(r io.Reader) io.Reader { return r },
		"one byte at a time": iotest.OneByteReader,
		"in halves":          iotest.HalfReader,
		"with the end":       iotest.DataErrReader,
	}
	for name, way := range ways {
		d := lumoproc.NewDecoder(way(bytes.NewReader(stream(good))))
		for _, f := range good {
			request, m, err := d.Next()
			require.NoError(t, err, "%s: %s", name, f.name)
			assert.Equal(t, f.request, request, "%s: %s", name, f.name)
			assert.Equal(t, normal(f.message), normal(m), "%s: %s", name, f.name)
		}
		_, _, err := d.Next()
		assert.Equal(t, io.EOF, err, name)
	}
}

// normal makes nil and empty bytes the same.
func normal(m lumoproc.Message) string {
	return fmt.Sprintf("%T %q", m, fmt.Sprintf("%s", m))
}

func TestVectorsOfBadFrames(t *testing.T) {
	_, v := readVectors(t)
	for _, b := range v.Bad {
		raw, err := hex.DecodeString(b.Hex)
		require.NoError(t, err, b.Name)
		_, _, err = lumoproc.NewDecoder(bytes.NewReader(raw)).Next()
		var bad *lumoproc.FrameError
		require.ErrorAs(t, err, &bad, b.Name)
		assert.Equal(t, b.Error, string(bad.Kind), "%s: %v", b.Name, err)
	}
}

func TestStreamCutAtEveryOffset(t *testing.T) {
	good, _ := readVectors(t)
	all := stream(good)
	boundary := map[int]bool{0: true}
	end := 0
	for _, f := range good {
		end += len(f.bytes)
		boundary[end] = true
	}
	for n := range len(all) {
		d := lumoproc.NewDecoder(bytes.NewReader(all[:n]))
		var err error
		for err == nil {
			_, _, err = d.Next()
		}
		if boundary[n] {
			require.Equal(t, io.EOF, err, "cut at %d, between frames", n)
			continue
		}
		var bad *lumoproc.FrameError
		require.ErrorAs(t, err, &bad, "cut at %d", n)
		require.Equal(t, lumoproc.KindTruncated, bad.Kind, "cut at %d", n)
	}
}

func TestReadErrorIsNotABadFrame(t *testing.T) {
	broken := errors.New("broken")
	for n := range 20 {
		good, _ := readVectors(t)
		r := io.MultiReader(bytes.NewReader(good[0].bytes[:n]), iotest.ErrReader(broken))
		_, _, err := lumoproc.NewDecoder(r).Next()
		require.ErrorIs(t, err, broken, "after %d bytes", n)
	}
}

func TestPayloadOfTheLargestSizeAndOneMore(t *testing.T) {
	answer := make([]byte, lumoproc.MaxPayload+1)
	b, err := lumoproc.Append(nil, 1, lumoproc.Result{Answer: answer[:lumoproc.MaxPayload]})
	require.NoError(t, err)
	_, m, err := lumoproc.NewDecoder(bytes.NewReader(b)).Next()
	require.NoError(t, err)
	assert.Len(t, m.(lumoproc.Result).Answer, lumoproc.MaxPayload)

	_, err = lumoproc.Append(nil, 1, lumoproc.Result{Answer: answer})
	var tooLarge *lumoproc.TooLargeError
	require.ErrorAs(t, err, &tooLarge)
	assert.Equal(t, lumoproc.MaxPayload+1, tooLarge.Size)
	_, err = lumoproc.Append(nil, 1, lumoproc.Invoke{Context: answer[:2], Event: answer[:lumoproc.MaxPayload-4]})
	assert.ErrorAs(t, err, &tooLarge, "the context counts")
}

func FuzzDecode(f *testing.F) {
	good, v := readVectors(f)
	for _, g := range good {
		f.Add(g.bytes)
	}
	f.Add(stream(good))
	for _, b := range v.Bad {
		raw, err := hex.DecodeString(b.Hex)
		require.NoError(f, err)
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		again, end := decodeAndEncode(t, bytes.NewReader(b))
		slowly, slowEnd := decodeAndEncode(t, iotest.OneByteReader(bytes.NewReader(b)))
		if !bytes.Equal(again, slowly) || end != slowEnd {
			t.Fatalf("it depends on how the bytes arrive: %q, %q", end, slowEnd)
		}
		if !bytes.HasPrefix(b, again) {
			t.Fatalf("encoding again gave other bytes:\n%x\n%x", b, again)
		}
	})
}

// decodeAndEncode gives the bytes of all frames again, and the rule that was broken after them, "" at a clean end.
func decodeAndEncode(t *testing.T, r io.Reader) (again []byte, end lumoproc.Kind) {
	t.Helper()
	d := lumoproc.NewDecoder(r)
	for {
		request, m, err := d.Next()
		var bad *lumoproc.FrameError
		switch {
		case errors.As(err, &bad):
			return again, bad.Kind
		case errors.Is(err, io.EOF):
			return again, ""
		case err != nil:
			t.Fatalf("neither the end nor a bad frame: %v", err)
		}
		if again, err = lumoproc.Append(again, request, m); err != nil {
			t.Fatalf("what was decoded cannot be encoded: %v", err)
		}
	}
}

func ExampleDecoder() {
	frames, err := lumoproc.Append(nil, 7, lumoproc.Log{Level: lumoproc.LevelInfo, Text: []byte("hello")})
	if err != nil {
		panic(err)
	}
	frames, err = lumoproc.Append(frames, 7, lumoproc.Result{Answer: []byte(`{"statusCode":200}`)})
	if err != nil {
		panic(err)
	}
	d := lumoproc.NewDecoder(bytes.NewReader(frames))
	for {
		request, m, err := d.Next()
		if err != nil {
			fmt.Println(err)
			return
		}
		switch m := m.(type) {
		case lumoproc.Log:
			fmt.Printf("%d %s: %s\n", request, m.Type(), m.Text)
		case lumoproc.Result:
			fmt.Printf("%d %s: %s\n", request, m.Type(), m.Answer)
		}
	}
	// Output:
	// 7 Log: hello
	// 7 Result: {"statusCode":200}
	// EOF
}
