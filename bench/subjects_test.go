package bench

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// Names of subjects. Those that begin with ric run on AWS's runtime client for Node.js.
const (
	goSubject       = "aws-lambda-go"
	loopSubject     = "javascript" // on the bare engine, under a loop of a few lines
	ricSubject      = "ric-javascript"
	nbbSubject      = "ric-nbb"
	advancedSubject = "ric-advanced"
	sourceSubject   = "lumo"
	packagedSubject = "lumo-packaged"
	snapshotSubject = "lumo-snapshot"
)

// runtimes are the subjects of the benchmarks that need a Runtime API; function is hello or echo.
func (a artefacts) runtimes(function string) ([]lambdaRuntime, error) {
	testdata := filepath.Join(a.root, "bench", "testdata")
	all := []lambdaRuntime{
		{name: goSubject, argv: []string{a.goEcho}, env: []string{"_HANDLER=" + function}, dir: testdata},
		{name: loopSubject, argv: []string{a.engine, filepath.Join(testdata, "loop.js")}, env: []string{"_HANDLER=" + function}, dir: testdata},
	}
	others, err := a.nodeAndLumo("core", function, function+".handler")
	return append(all, others...), err
}

// runtimesWithSDK are the same with the AWS SDK loaded.
func (a artefacts) runtimesWithSDK() ([]lambdaRuntime, error) {
	return a.nodeAndLumo("s3", "hello", "s3.handler")
}

// nodeAndLumo are the runtimes of a namespace of bench/functions, work.core or work.s3.
func (a artefacts) nodeAndLumo(namespace, function, javascript string) ([]lambdaRuntime, error) {
	peers, err := a.peerFolder()
	if err != nil {
		return nil, err
	}
	client := filepath.Join(a.peers, "node_modules", "aws-lambda-ric", "index.mjs")
	ric := func(name, handler string) lambdaRuntime {
		return lambdaRuntime{name: name, argv: []string{a.node, client, handler}, env: []string{"_HANDLER=" + handler}, dir: peers}
	}
	all := []lambdaRuntime{
		ric(ricSubject, javascript),
		ric(nbbSubject, "nbb-"+namespace+"."+function),
		ric(advancedSubject, "advanced-"+namespace+"."+function),
	}
	handler := "work." + namespace + "/" + function
	for _, s := range []struct {
		name string
		args []string // of lumo-lambda package; nil: from source
	}{{sourceSubject, nil}, {packagedSubject, []string{}}, {snapshotSubject, []string{"--snapshot"}}} {
		dir, err := a.lumoFolder(s.name+"-"+namespace+"-"+function, handler, s.args)
		if err != nil {
			return nil, err
		}
		all = append(all, lambdaRuntime{name: s.name, argv: []string{a.bootstrap}, env: []string{"_HANDLER=" + handler}, dir: dir})
	}
	return all, nil
}

var peerFolderOnce sync.Mutex

// peerFolder is what a deployment on AWS's runtime client would hold, for all of those.
func (a artefacts) peerFolder() (string, error) {
	peerFolderOnce.Lock()
	defer peerFolderOnce.Unlock()
	dir := filepath.Join(scratch, "peers")
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(a.root, "bench", "testdata"))); err != nil {
		return "", err
	}
	if err := os.CopyFS(filepath.Join(dir, "src"), os.DirFS(filepath.Join(a.root, "bench", "functions", "src"))); err != nil {
		return "", err
	}
	for _, namespace := range []string{"core", "s3"} {
		text := fmt.Sprintf("import { addClassPath, loadString } from 'nbb';\naddClassPath('src');\n"+
			"export const { hello, echo } = await loadString(`(require '[work.%[1]s :as w]) #js {:hello w/hello-js :echo %[2]s}`);\n",
			namespace, map[string]string{"core": "w/echo-js", "s3": "nil"}[namespace])
		if err := os.WriteFile(filepath.Join(dir, "nbb-"+namespace+".mjs"), []byte(text), 0o644); err != nil {
			return "", err
		}
		compiled, err := os.ReadFile(filepath.Join(a.advanced, namespace+".js"))
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(dir, "advanced-"+namespace+".js"), compiled, 0o644); err != nil {
			return "", err
		}
	}
	return dir, os.Symlink(filepath.Join(a.peers, "node_modules"), filepath.Join(dir, "node_modules"))
}

// lumoFolder is the folder of a function for lumo: its sources, and what `lumo-lambda package` adds.
func (a artefacts) lumoFolder(name, handler string, packageArgs []string) (string, error) {
	dir := filepath.Join(scratch, name)
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if err := os.CopyFS(filepath.Join(dir, "src"), os.DirFS(filepath.Join(a.root, "bench", "functions", "src"))); err != nil {
		return "", err
	}
	if err := os.Symlink(filepath.Join(a.peers, "node_modules"), filepath.Join(dir, "node_modules")); err != nil {
		return "", err
	}
	if packageArgs == nil {
		return dir, nil
	}
	args := append([]string{"package", dir, "--handler", handler, "--in-place"}, packageArgs...)
	if out, err := exec.Command(a.command, args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("lumo-lambda %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return dir, nil
}
