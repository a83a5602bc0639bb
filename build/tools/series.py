"""Apply a Debian package's patches to the sources in the working directory, in the order of its series file."""

import pathlib
import subprocess
import sys

folder = pathlib.Path(sys.argv[1])
for line in (folder / "series").read_text().splitlines():
    name = line.split("#")[0].strip()
    if name:
        subprocess.run(["patch", "--strip=1", "--forward", "--batch", "--input", str((folder / name).resolve())], check=True)
