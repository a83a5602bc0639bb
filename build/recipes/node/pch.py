"""Compile one precompiled header for each of the large parts of Node and V8, and have ninja use them.

    pch.py OUT    the build folder, after configure and after the headers that Torque generates are there

A header is compiled with exactly the flags of the part whose sources it will serve, else clang refuses it. Each source of
the part then gets the flag --lumo-pch=FILE, which is the compiler's wrapper's; it does without for the few sources that a
precompiled header does not suit. Halves the time that V8 takes to compile.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time

V8 = """
src/api/api-inl.h
src/ast/ast.h
src/base/vector.h
src/builtins/builtins-utils-inl.h
src/common/globals.h
src/execution/isolate-inl.h
src/handles/handles-inl.h
src/heap/factory-inl.h
src/heap/heap-inl.h
src/objects/dictionary-inl.h
src/objects/fixed-array-inl.h
src/objects/js-array-inl.h
src/objects/js-objects-inl.h
src/objects/objects-inl.h
src/utils/utils.h
""".split()
COMPILER = ["src/compiler/js-graph.h", "src/compiler/js-heap-broker.h", "src/compiler/node-properties.h",
            "src/compiler/simplified-operator.h", "src/compiler/turboshaft/assembler.h", "src/compiler/turboshaft/phase.h"]
BUILTINS = ["src/builtins/builtins-utils-gen.h", "src/builtins/builtins-array-gen.h", "src/builtins/builtins-collections-gen.h",
            "src/builtins/builtins-promise-gen.h", "src/codegen/code-stub-assembler-inl.h"]
NODE = "aliased_buffer.h base_object-inl.h env-inl.h node_internals.h util-inl.h uv.h v8.h".split()
STANDARD = ["<algorithm>", "<map>", "<memory>", "<optional>", "<string>", "<unordered_map>", "<vector>"]

# A part's ninja file below obj/, and what most of its sources include.
PARTS = {
    "tools/v8_gypfiles/v8_base_without_compiler": V8,
    "tools/v8_gypfiles/v8_compiler": V8 + COMPILER,
    "tools/v8_gypfiles/v8_initializers": V8 + BUILTINS,
    "node_base": NODE,
}


def flags_of(out, part):
    """The flags of a part's C++ sources, from the first of ninja's own commands for it."""
    text = subprocess.run(["ninja", "-t", "compdb", "cxx"], cwd=out, check=True, capture_output=True, text=True).stdout
    for entry in json.loads(text):
        if os.path.basename(entry["output"]).startswith(os.path.basename(part) + "."):
            argv = shlex.split(entry["command"])
            return argv[: argv.index("-MMD")] + argv[argv.index("-MF") + 2 : argv.index("-c")]
    raise SystemExit(f"pch.py: ninja has no C++ source for {part}")


def precompile(out, part, headers):
    """Compile a part's header, and name it in the part's ninja file."""
    name = part.rsplit("/", 1)[-1]
    source, result = f"pch/{name}.h", f"pch/{name}.pch"
    lines = [f"#include {h}" if h.startswith("<") else f'#include "{h}"' for h in STANDARD + headers]
    # zig keeps results by content, but clang compares the times of the headers within: a text of its own keeps an
    # earlier build's result out.
    (out / source).write_text(f"// {time.time_ns()}\n#pragma once\n" + "\n".join(lines) + "\n")
    argv = flags_of(out, part) + ["-fpch-instantiate-templates", "-x", "c++-header", source, "-o", result]
    started = time.monotonic()
    subprocess.run(argv, cwd=out, check=True)
    print(f"{result}: {os.path.getsize(out / result) >> 20} MiB in {time.monotonic() - started:.0f} s", flush=True)

    ninja = out / "obj" / f"{part}.ninja"
    text, n = re.subn(r"^cflags_cc = ", f"cflags_cc = --lumo-pch={result} ", ninja.read_text(), flags=re.MULTILINE)
    if n != 1:
        raise SystemExit(f"pch.py: {ninja} sets cflags_cc {n} times")
    ninja.write_text(text)


def main():
    out = pathlib.Path(sys.argv[1])
    (out / "pch").mkdir(exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for done in [pool.submit(precompile, out, part, headers) for part, headers in PARTS.items()]:
            done.result()


main()
