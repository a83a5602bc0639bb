// Package deps resolves the dependencies of a ClojureScript project without a JVM: it reads deps.edn, finds what it names and what
// that needs in Maven repositories, writes down what it found, and fetches it.
//
//	project, err := deps.ReadProject(folder, aliases)
//	settings, err := deps.ReadSettings()
//	lock, err := deps.Resolve(ctx, project, deps.NewRepositories(settings, project.Repos))
//	err = lock.Install(ctx, repositories, libFolder)
//
// # What is read of deps.edn
//
//	:paths       folders of sources, ["src"] without it
//	:deps        {group/artifact coordinate}, of the forms
//	             {:mvn/version "1.2.3", :exclusions [group/artifact …]}
//	             {:local/root "../folder or file.jar"}; a folder has a deps.edn
//	:aliases     of those asked for, :extra-paths, :extra-deps, :override-deps, :default-deps
//	:mvn/repos   {"name" {:url "…"}} beside Maven Central
//
// A library by git coordinates is an error that says what to do.
//
// # Which version
//
// As tools.deps has it: what the project itself names is taken as it stands; of what libraries ask for, the newest. A version that
// loses takes what only it asked for with it. Of a POM, scopes compile and runtime count; optional, test, provided and
// system do not. Parents, properties, managed versions and imported ones are followed. Ranges other than [exactly this] are an error.
// Clojure and ClojureScript are never fetched: lumo is them.
//
// # Repositories
//
// First the local repository, then over HTTP Maven Central and those of :mvn/repos, each through the mirror, and with the name and
// password, that Maven's settings have for it. What is fetched is checked against the repository's SHA-1, and kept in the local
// repository. Settings are ~/.m2/settings.xml.
//
// # The lock file
//
// deps.lock, beside deps.edn, is JSON: for each set of aliases the digest of what was asked for, and each artefact with its version and SHA-256.
// While the digest fits, nothing is resolved, and what the local repository has of it is enough, without a network. A file whose hash differs is an error.
package deps
