package deploy

import (
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// largeRequest is from which size on a request's progress is told.
const largeRequest = 1 << 20

// progressClient is the SDK's HTTP client, which tells how far large requests are.
type progressClient struct {
	inner  aws.HTTPClient
	upload func(done, total int64)
}

func newProgressClient(upload func(done, total int64)) *progressClient {
	return &progressClient{awshttp.NewBuildableClient(), upload}
}

func (c *progressClient) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.ContentLength >= largeRequest {
		r.Body = &countingReader{ReadCloser: r.Body, total: r.ContentLength, tell: c.upload}
	}
	return c.inner.Do(r)
}

// countingReader tells how much of it has been read.
type countingReader struct {
	io.ReadCloser
	done, total int64
	tell        func(done, total int64)
}

func (r *countingReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	r.done += int64(n)
	r.tell(r.done, r.total)
	return n, err
}
