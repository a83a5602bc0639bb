package sea

import (
	"bytes"
	"fmt"

	"github.com/lumo-lambda/lumo-lambda/build/internal/elfnote"
)

const (
	// noteName and fuse are Node's (src/node_sea.cc and deps/postject in its source). The character after the colon
	// tells a Node executable whether it carries an application.
	noteName = "NODE_SEA_BLOB"
	fuse     = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:"
)

// inject joins an application's blob to the engine: the note that Node looks for, and the fuse that makes it look.
func inject(engine, blob []byte) ([]byte, error) {
	if n := bytes.Count(engine, []byte(fuse)); n != 1 {
		return nil, fmt.Errorf("the engine has %d fuses of a single-executable application, not 1", n)
	}
	app, err := elfnote.Add(engine, noteName, blob)
	if err != nil {
		return nil, fmt.Errorf("add the application to the engine: %w", err)
	}
	at := bytes.Index(app, []byte(fuse)) + len(fuse)
	if app[at] != '0' {
		return nil, fmt.Errorf("the engine's fuse is %q, not '0': it carries an application already", app[at])
	}
	app[at] = '1'
	return app, nil
}
